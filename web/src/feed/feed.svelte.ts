// A vertical list of clips as the swiper shows it: a feed that asks for a new tail after each
// telling act, or a plain list (a profile, a hashtag, one video).

import { api } from '../lib/api';
import { ApiError } from '../lib/http';
import { outbox } from '../lib/events';
import { session } from '../lib/session.svelte';
import { learning } from '../lib/learning.svelte';
import { settings } from '../lib/settings.svelte';
import { metrics, type ShownList } from '../player/metrics';
import type { FeedAnswer, FeedMode, VideoItem } from '../lib/types';
import { flashChoice } from './flash_choice';
import { newest, passOver } from './passing';
import { FeedQueue, type Entry } from './queue';

const LIMIT = 6;
const MORE_WHEN_LEFT = 3;
/** A new tail that takes longer than this is not waited for. */
const TAIL_WAIT_MS = 3000;
/** Answers that hold nothing but what is passed over are asked behind so often. */
const PASSED_ANSWERS_MAX = 4;

export interface Changed {
  counts: VideoItem['video']['counts'];
  viewer: VideoItem['video']['viewer'];
}

export abstract class ClipList {
  entries = $state.raw<Entry[]>([]);
  index = $state(0);
  waiting = $state(false);
  loading = $state(false);
  /** She asked for the newest, and the answer is not here yet. */
  refreshing = $state(false);
  error = $state.raw<ApiError | null>(null);
  protected queue = new FeedQueue();

  abstract start(): Promise<void>;
  /** She did something that says what she likes; `swiped` when the act was to go on. */
  abstract told(swiped: boolean): Promise<void>;
  protected abstract more(): Promise<void>;

  /** What failed, once more. */
  again(): Promise<void> {
    return this.entries.length === 0 ? this.start() : this.told(false);
  }

  /** Starts over with what is newest; a list that is what it is has no such thing. */
  readonly refreshes: boolean = false;
  async refresh(): Promise<void> {
    if (!this.refreshes || this.refreshing) return;
    this.refreshing = true;
    await outbox.flush();
    await this.start();
    this.refreshing = false;
  }

  /** Back to a clip that was here; false when it was not. */
  returnTo(id: string): boolean {
    const index = this.queue.lastOf(id);
    if (index >= 0) this.queue.jump(index);
    this.sync();
    return index >= 0;
  }

  get current(): Entry | undefined {
    return this.entries[this.index];
  }

  get canAdvance(): boolean {
    return this.queue.canAdvance && this.index < this.entries.length;
  }

  seen(uid: number): void {
    this.queue.markSeen(uid);
  }

  forward(): boolean {
    const moved = this.queue.advance();
    this.sync();
    return moved;
  }

  /** On from this clip, if that is the one on the screen. */
  forwardFrom(id: string): void {
    const here = this.current;
    if (here?.kind === 'clip' && here.item.video.id === id && this.canAdvance) this.forward();
  }

  backward(): boolean {
    const moved = this.queue.retreat();
    this.sync();
    return moved;
  }

  /** Takes over what the server says about a clip, wherever it is in the list. */
  patch(id: string, change: (item: VideoItem) => VideoItem): void {
    const apply = (entry: Entry): Entry =>
      entry.kind === 'clip' && entry.item.video.id === id ? { ...entry, item: change(entry.item) } : entry;
    this.queue.entries = this.queue.entries.map(apply);
    this.sync();
  }

  drop(unwanted: (item: VideoItem) => boolean): void {
    this.queue.drop(unwanted);
    this.sync();
  }

  protected sync(): void {
    this.entries = this.queue.entries;
    this.index = this.queue.current;
    this.waiting = this.queue.waiting;
  }

  protected async guarded(run: () => Promise<void>): Promise<void> {
    if (this.loading) return;
    this.loading = true;
    try {
      await run();
      this.error = null;
    } catch (error) {
      if (error instanceof ApiError) this.error = error;
      else if (!(error instanceof DOMException && error.name === 'AbortError')) throw error;
    } finally {
      this.loading = false;
    }
  }
}

/** What is in the list, for `window.__filoscope`. */
export function shownList(list: ClipList): ShownList {
  return {
    index: list.index,
    waiting: list.waiting,
    entries: list.entries.map((entry) =>
      entry.kind === 'clip'
        ? {
            video_id: entry.item.video.id,
            request_id: entry.item.request_id ?? '',
            repeat: entry.item.repeat,
          }
        : { video_id: null, request_id: '', repeat: false },
    ),
  };
}

export class Feed extends ClipList {
  readonly tab: 'for_you' | 'following';
  /** The last answer was made without a profile: the server could keep no record of it. */
  #plain = false;
  override readonly refreshes: boolean;
  #first: (() => Promise<VideoItem>) | null;
  /** The feed itself has answered; before, there is the clip that a link led to. */
  #begun = false;
  /** The server would give again what was passed over: nobody has seen it. */
  #passed: string[] = [];

  /** `first` is the clip that a link leads to: the feed goes on behind it. */
  constructor(tab: 'for_you' | 'following', first: (() => Promise<VideoItem>) | null = null) {
    super();
    this.tab = tab;
    this.#first = first;
    this.refreshes = first === null;
  }

  get mode(): FeedMode {
    return this.tab === 'following' ? 'following' : session.feedMode;
  }

  async start(): Promise<void> {
    const first = this.#first;
    await this.guarded(async () => {
      this.#plain = false;
      this.queue.reset(first ? asAnswer({ items: [await first()], next_cursor: null }) : await this.#ask({}));
      this.sync();
    });
    if (first && this.entries.length > 0) await this.told(false);
  }

  async told(swiped: boolean): Promise<void> {
    if (this.mode !== 'for_you') {
      void outbox.flush();
      if (this.queue.remaining < MORE_WHEN_LEFT) await this.more();
      return;
    }
    const request = this.queue.beginTail(!swiped);
    this.sync();
    const deadline = setTimeout(() => {
      if (this.queue.failTail(request)) this.sync();
    }, TAIL_WAIT_MS);
    try {
      await outbox.flush();
      if (this.queue.applyTail(request, await this.#ask({ held: request.held }))) {
        metrics.tail_replacements++;
        this.error = null;
      } else {
        metrics.stale_tails_dropped++;
      }
    } catch (error) {
      this.queue.failTail(request);
      if (error instanceof ApiError && this.queue.remaining === 0) this.error = error;
    } finally {
      clearTimeout(deadline);
      this.sync();
    }
  }

  protected more(): Promise<void> {
    if (!this.queue.cursor && this.#begun) return Promise.resolve();
    return this.guarded(async () => {
      const here = this.#begun ? this.queue.ahead(MORE_WHEN_LEFT) : this.queue.entries;
      const held = here.flatMap((entry) => (entry.kind === 'clip' ? [entry.item.video.id] : []));
      this.queue.append(await this.#ask({ held, cursor: this.queue.cursor }));
      this.sync();
    });
  }

  async #ask(more: { held?: string[]; cursor?: string | null }): Promise<FeedAnswer> {
    let answer = await this.#askOnce(more);
    for (let tries = 1; settings.skipsFlashes; tries++) {
      const { items, passed } = passOver(answer.items);
      this.#passed = newest(this.#passed, passed);
      if (passed.length > 0) flashChoice.notePassed();
      if (items.length > 0 || passed.length === 0 || tries === PASSED_ANSWERS_MAX)
        return { ...answer, items };
      answer = await this.#askOnce({ ...more, cursor: answer.cursor });
    }
    return answer;
  }

  async #askOnce(more: { held?: string[]; cursor?: string | null }): Promise<FeedAnswer> {
    const mode = this.mode;
    const plain = this.#plain || mode === 'not_profiled';
    const answer = await api.feed({
      mode,
      limit: LIMIT,
      ...(this.#plain ? { cursor: this.queue.cursor } : {}),
      ...more,
      ...(this.#passed.length > 0 ? { held: [...(more.held ?? []), ...this.#passed] } : {}),
      ...(plain || learning.paused ? { shown: [...settings.shown].reverse() } : {}), // oldest first
    });
    this.#plain = mode === 'for_you' && answer.mode === 'not_profiled';
    this.#begun = true;
    return answer;
  }
}

export type Page = { items: VideoItem[]; next_cursor: string | null };

/** A list that is what it is: swiping through it changes nothing but what the engine knows. */
export class PlainList extends ClipList {
  #load: (cursor: string | null) => Promise<Page>;
  #first: Page | null;
  #index: number;

  constructor(load: (cursor: string | null) => Promise<Page>, first: Page | null = null, index = 0) {
    super();
    this.#load = load;
    this.#first = first;
    this.#index = index;
  }

  start(): Promise<void> {
    return this.guarded(async () => {
      const page = this.#first ?? (await this.#load(null));
      this.queue.reset(asAnswer(page));
      this.queue.jump(this.#index);
      this.sync();
    });
  }

  async told(): Promise<void> {
    void outbox.flush();
    if (this.queue.remaining < MORE_WHEN_LEFT) await this.more();
  }

  protected more(): Promise<void> {
    if (!this.queue.cursor) return Promise.resolve();
    return this.guarded(async () => {
      this.queue.append(asAnswer(await this.#load(this.queue.cursor)));
      this.sync();
    });
  }
}

function asAnswer(page: Page): FeedAnswer {
  return {
    request_id: '',
    mode: 'for_you',
    log_position: 0,
    exhausted: false,
    items: page.items.filter((item) => item.video.playback !== null),
    cursor: page.next_cursor,
  };
}
