// One request to the server: CSRF header, problem+json errors, time limit.

import { tellTime } from './clock';
import { capitalised } from './format';
import { learning } from './learning.svelte';
import type { Reasoned } from './problems';
import type { Problem } from './types';

export const API = '/api/v1';
const TIMEOUT_MS = 20_000;

/** An answer that was not 2xx, or no answer (`status` 0). `detail` is a sentence for a person. */
export class ApiError extends Error {
  readonly status: number;
  readonly detail: string;
  readonly field: string | undefined;
  readonly reason: string | undefined;
  readonly retryAfterS: number;

  constructor(problem: Problem, retryAfterS = 0) {
    super(problem.detail);
    this.status = problem.status;
    this.detail = problem.detail;
    this.field = problem.field;
    this.reason = problem.reason;
    this.retryAfterS = retryAfterS;
  }

  get offline(): boolean {
    return this.status === 0;
  }
}

export function csrfToken(): string {
  const match = /(?:^|;\s*)filoscope_csrf=([^;]*)/.exec(document.cookie);
  return match?.[1] ? decodeURIComponent(match[1]) : '';
}

export function clientHeaders(): Record<string, string> {
  const headers: Record<string, string> = { 'X-Filoscope-Client': 'web' };
  const token = csrfToken();
  if (token) headers['X-Filoscope-CSRF'] = token;
  if (learning.paused) headers['X-Filoscope-Learn'] = 'no';
  return headers;
}

interface Hooks {
  /** Waited for before a request is sent; undefined when there is nothing to wait for. */
  before: (path: string) => Promise<void> | undefined;
  /** Called when the server no longer knows who is asking. */
  onUnauthenticated: () => void;
  /** Called with true when a request reached the server, false when the network failed. */
  onReachable: (reachable: boolean) => void;
  offlineText: () => string;
  brokenText: () => string;
  /** What the server says of a failure, as a person reads it. */
  problemText: (problem: Reasoned) => string;
}

const hooks: Hooks = {
  before: () => undefined,
  onUnauthenticated: () => {},
  onReachable: () => {},
  offlineText: () => 'You are offline.',
  brokenText: () => 'The server sent an answer that could not be read.',
  problemText: ({ detail }) => capitalised(detail),
};

export function setHttpHooks(next: Partial<Hooks>): void {
  Object.assign(hooks, next);
}

/** The sentence of a problem, '' if it has none. It stands at its field, whose name is left out. */
export function sentenceOf({ title, field, ...problem }: Partial<Problem>): string {
  const sentence = problem.detail || title || '';
  const named = field ? `${field}: ` : '';
  const detail = sentence.startsWith(named) ? sentence.slice(named.length) : sentence;
  return hooks.problemText({ ...problem, detail });
}

async function problemOf(response: Response): Promise<ApiError> {
  const retryAfterS = Number(response.headers.get('Retry-After') ?? 0) || 0;
  let problem: Problem = { status: response.status, detail: '' };
  try {
    problem = { ...problem, ...((await response.json()) as Partial<Problem>) };
  } catch {
    // Not JSON (a proxy's page); the status is what is left.
  }
  const detail = sentenceOf(problem) || hooks.brokenText();
  return new ApiError({ ...problem, detail, status: response.status }, retryAfterS);
}

interface Early {
  path: string;
  answer: Promise<Response>;
}

/** What index.html has asked for already (src/early.js), once. */
function earlyAnswer(address: string): Promise<Response> | undefined {
  const place = globalThis as { early?: Early };
  const { early } = place;
  if (early?.path !== address) return undefined;
  delete place.early;
  return early.answer;
}

export interface RequestOptions {
  /** A file goes as it is, anything else as JSON. */
  body?: unknown;
  signal?: AbortSignal | undefined;
  /** Lets the request outlive the page; at most 64 KB of body. */
  keepalive?: boolean;
  /** A 401 is part of the conversation (wrong password), not a lost session. */
  quiet401?: boolean;
}

export async function request<T>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
  const wait = hooks.before(path);
  if (wait) await wait;
  options.signal?.throwIfAborted();
  const headers = clientHeaders();
  const init: RequestInit = { method, headers, credentials: 'same-origin' };
  if (options.body !== undefined) {
    const file = options.body instanceof Blob ? options.body : null;
    headers['Content-Type'] = file?.type ?? 'application/json';
    init.body = file ?? JSON.stringify(options.body);
  }
  if (options.keepalive) init.keepalive = true;
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(), TIMEOUT_MS);
  const giveUp = () => timeout.abort();
  options.signal?.addEventListener('abort', giveUp);
  init.signal = timeout.signal;
  let response: Response;
  try {
    response = await ((method === 'GET' && earlyAnswer(API + path)) || fetch(API + path, init));
  } catch (error) {
    if (options.signal?.aborted) throw error;
    hooks.onReachable(false);
    throw new ApiError({ status: 0, detail: hooks.offlineText() });
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', giveUp);
  }
  hooks.onReachable(true);
  tellTime(response.headers.get('Date'));
  if (!response.ok) {
    const error = await problemOf(response);
    if (error.status === 401 && !options.quiet401) hooks.onUnauthenticated();
    throw error;
  }
  if (response.status === 204) return undefined as T;
  const text = await response.text();
  if (!text) return undefined as T;
  try {
    return JSON.parse(text) as T;
  } catch {
    throw new ApiError({ status: response.status, detail: hooks.brokenText() });
  }
}
