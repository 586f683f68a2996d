// Events on their way to the server. Each is kept in storage under its own key until the server
// has acknowledged it, so a closed tab loses nothing and several tabs never overwrite each other;
// `event_id` makes sending one twice harmless.

import { ApiError } from './http';
import type { ClientEvent, EventsAnswer } from './types';

export const BATCH_MAX = 50;
export const KEPT_MAX = 500;
/** Impression tokens are valid for 24 h; older events can only be refused. */
export const AGE_MAX_MS = 24 * 3600 * 1000;
const PREFIX = 'fs.ev.';
const BACKOFF_MS = [1000, 2000, 5000, 15_000, 60_000];

export interface OutboxStorage {
  readonly length: number;
  key(index: number): string | null;
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

export interface OutboxOptions {
  storage: OutboxStorage | null;
  send: (events: ClientEvent[], keepalive: boolean) => Promise<EventsAnswer>;
  now: () => number;
  later: (run: () => void, ms: number) => void;
}

export class Outbox {
  #options: OutboxOptions;
  #waiting = new Map<string, ClientEvent>();
  #inFlight = new Set<string>();
  #chain: Promise<void> = Promise.resolve();
  #failures = 0;
  #retryPlanned = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** Takes up what an earlier page left behind. */
  restore(): void {
    const { storage, now } = this.#options;
    if (!storage) return;
    const keys: string[] = [];
    for (let index = 0; index < storage.length; index++) {
      const key = storage.key(index);
      if (key?.startsWith(PREFIX)) keys.push(key);
    }
    for (const key of keys) {
      const event = this.#parse(storage.getItem(key));
      if (!event || now() - event.at_ms > AGE_MAX_MS || this.#waiting.size >= KEPT_MAX) {
        storage.removeItem(key);
      } else {
        this.#waiting.set(event.event_id, event);
      }
    }
  }

  get size(): number {
    return this.#waiting.size;
  }

  add(event: ClientEvent): void {
    if (this.#waiting.size >= KEPT_MAX) {
      const oldest = this.#waiting.keys().next().value;
      if (oldest !== undefined) this.#forget(oldest);
    }
    this.#waiting.set(event.event_id, event);
    try {
      this.#options.storage?.setItem(PREFIX + event.event_id, JSON.stringify(event));
    } catch {
      // Storage is full: the event lives as long as the page does.
    }
  }

  /** Sends what is waiting and resolves when everything added before this call is settled. */
  flush(): Promise<void> {
    this.#chain = this.#chain.then(() => this.#drain());
    return this.#chain;
  }

  /** The page may die: one request now that outlives it; acknowledged by the next page. */
  flushOnHide(): void {
    const events = this.#ordered().slice(0, BATCH_MAX);
    if (events.length === 0) return;
    this.#options
      .send(events, true)
      .then(() => this.#settle(events))
      .catch(() => {});
  }

  async #drain(): Promise<void> {
    let rounds = Math.ceil(KEPT_MAX / BATCH_MAX) + 1;
    while (rounds-- > 0) {
      const events = this.#ordered()
        .filter((event) => !this.#inFlight.has(event.event_id))
        .slice(0, BATCH_MAX);
      if (events.length === 0) return;
      for (const event of events) this.#inFlight.add(event.event_id);
      try {
        await this.#options.send(events, false);
        this.#settle(events);
        this.#failures = 0;
      } catch (error) {
        if (this.#final(error)) {
          for (const event of events) this.#forget(event.event_id);
        } else {
          this.#planRetry(error);
          return;
        }
      } finally {
        for (const event of events) this.#inFlight.delete(event.event_id);
      }
    }
  }

  /** A refused batch will be refused again; a lost network, a lost session or 5xx may not. */
  #final(error: unknown): boolean {
    if (!(error instanceof ApiError)) return false;
    return error.status >= 400 && error.status < 500 && ![401, 403, 408, 429].includes(error.status);
  }

  #planRetry(error: unknown): void {
    if (this.#retryPlanned) return;
    this.#retryPlanned = true;
    const step = BACKOFF_MS[Math.min(this.#failures++, BACKOFF_MS.length - 1)] ?? 60_000;
    const asked = error instanceof ApiError ? error.retryAfterS * 1000 : 0;
    this.#options.later(
      () => {
        this.#retryPlanned = false;
        void this.flush();
      },
      Math.max(step, asked),
    );
  }

  #settle(events: ClientEvent[]): void {
    for (const event of events) this.#forget(event.event_id);
  }

  #forget(id: string): void {
    this.#waiting.delete(id);
    this.#options.storage?.removeItem(PREFIX + id);
  }

  #ordered(): ClientEvent[] {
    return [...this.#waiting.values()].sort((a, b) => a.at_ms - b.at_ms);
  }

  #parse(text: string | null): ClientEvent | null {
    try {
      const event = JSON.parse(text ?? '') as ClientEvent;
      const good =
        typeof event.event_id === 'string' &&
        typeof event.impression_token === 'string' &&
        typeof event.at_ms === 'number';
      return good ? event : null;
    } catch {
      return null;
    }
  }
}
