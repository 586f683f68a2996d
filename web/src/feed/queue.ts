// The order of clips on the screen, and how a new tail takes the place of the old one.
// Pure: no network, no clock, no elements.
//
// What was shown never moves. After a telling act the app asks for a new tail; everything behind
// the one clip that is already on its way to the screen is set aside ("provisional") until the
// answer is in, so that nobody swipes onto a clip chosen before the act was known. A stale answer
// (another request began meanwhile) is dropped; a failed request brings the old tail back.

import type { FeedAnswer, VideoItem } from '../lib/types';

export interface ClipEntry {
  kind: 'clip';
  uid: number;
  item: VideoItem;
}

/** "You're up to date": all new clips are seen, repeats follow. */
export interface CardEntry {
  kind: 'card';
  uid: number;
}

export type Entry = ClipEntry | CardEntry;

export interface TailRequest {
  seq: number;
  /** Ids the device has and the server must not give again. */
  held: string[];
}

/** Clips swiped past before their first frame was seen are held back this far. */
export const HELD_MAX = 6;

export class FeedQueue {
  entries: Entry[] = [];
  current = 0;
  cursor: string | null = null;
  exhausted = false;
  #maxShown = -1;
  #provisional: Entry[] = [];
  #seq = 0;
  #pending: number | null = null;
  #uid = 0;
  #cardSeen = false;
  #seen = new Set<number>();

  get currentEntry(): Entry | undefined {
    return this.entries[this.current];
  }

  /** A new tail has been asked for and is not here yet. */
  get waiting(): boolean {
    return this.#pending !== null;
  }

  /** Clips behind the current one that may be shown. */
  get remaining(): number {
    return Math.max(0, this.entries.length - 1 - this.current);
  }

  /** What comes next, for fetching ahead; the provisional ones last. */
  ahead(count: number): Entry[] {
    return this.entries.slice(this.current + 1, this.current + 1 + count);
  }

  /** Starts over with the first answer of a feed. */
  reset(answer: FeedAnswer): void {
    this.#seq++;
    this.#pending = null;
    this.#provisional = [];
    this.#maxShown = -1;
    this.entries = [];
    this.current = 0;
    this.#cardSeen = false;
    this.#seen.clear();
    this.#take(answer, new Set());
    this.#markShown();
  }

  /** More of a paged feed, behind everything that is here. */
  append(answer: FeedAnswer): void {
    this.#take(answer, new Set());
  }

  /** The first frame of this entry was on the screen. */
  markSeen(uid: number): void {
    this.#seen.add(uid);
  }

  get canAdvance(): boolean {
    return this.current < this.entries.length - 1 || this.waiting;
  }

  /** One forward. The place may still be empty while a new tail is on its way. */
  advance(): boolean {
    if (!this.canAdvance || this.current >= this.entries.length) return false;
    this.current++;
    this.#markShown();
    return true;
  }

  retreat(): boolean {
    if (this.current === 0) return false;
    this.current--;
    return true;
  }

  /** Where this clip was last, -1 when it was not here. */
  lastOf(id: string): number {
    return this.entries.map((entry) => (entry.kind === 'clip' ? entry.item.video.id : '')).lastIndexOf(id);
  }

  /** Jumps to a clip that is here (a list opened at one of its clips). */
  jump(index: number): void {
    this.current = Math.max(0, Math.min(index, this.entries.length - 1));
    this.#markShown();
  }

  /**
   * Begins to replace the tail. `keepNext` keeps the one pre-rendered clip behind the current one:
   * true for acts without a swipe; after a swipe the clip just swiped onto is that one.
   */
  beginTail(keepNext: boolean): TailRequest {
    const keepTo = Math.max(this.#maxShown, this.current + (keepNext ? 1 : 0));
    const behind = this.entries.slice(keepTo + 1);
    if (behind.length > 0) this.#provisional = behind;
    this.entries = this.entries.slice(0, keepTo + 1);
    // What was seen the server knows. The last one kept may be on its way to the screen; and a
    // clip that was only flicked past would otherwise come back at once.
    const held = this.entries
      .slice(Math.max(0, keepTo + 1 - HELD_MAX))
      .filter((entry, index, last) => index === last.length - 1 || !this.#seen.has(entry.uid))
      .flatMap((entry) => (entry.kind === 'clip' ? [entry.item.video.id] : []));
    this.#pending = ++this.#seq;
    return { seq: this.#seq, held: [...new Set(held)] };
  }

  /** Puts the answer behind what is kept. False when the answer is stale and was dropped. */
  applyTail(request: TailRequest, answer: FeedAnswer): boolean {
    if (this.#pending !== request.seq) return false;
    this.#pending = null;
    this.#provisional = [];
    this.#take(answer, new Set(request.held));
    this.#markShown();
    return true;
  }

  /** The request failed or took too long: better the old tail than none. */
  failTail(request: TailRequest): boolean {
    if (this.#pending !== request.seq) return false;
    this.#pending = null;
    this.#seq++;
    this.entries = [...this.entries, ...this.#provisional];
    this.#provisional = [];
    this.#markShown();
    return true;
  }

  /** Takes clips out that may no longer be shown (author blocked, video deleted), but for the current. */
  drop(unwanted: (item: VideoItem) => boolean): void {
    const keep = (entry: Entry, index: number) =>
      index <= this.#maxShown || entry.kind === 'card' || !unwanted(entry.item);
    this.entries = this.entries.filter(keep);
    this.#provisional = this.#provisional.filter((entry) => entry.kind === 'card' || !unwanted(entry.item));
  }

  #take(answer: FeedAnswer, banned: Set<string>): void {
    this.cursor = answer.cursor;
    const fresh: Entry[] = [];
    for (const item of answer.items) {
      if (item.kind !== 'video' || banned.has(item.video.id)) continue;
      banned.add(item.video.id);
      fresh.push({
        kind: 'clip',
        uid: this.#uid++,
        item: { ...item, request_id: answer.request_id },
      });
    }
    this.exhausted = answer.exhausted;
    const any = this.entries.length + fresh.length > 0;
    if (answer.exhausted && any && !this.#cardSeen && !this.entries.some((e) => e.kind === 'card')) {
      const at = fresh.findIndex((entry) => entry.kind === 'clip' && entry.item.repeat);
      fresh.splice(at < 0 ? fresh.length : at, 0, { kind: 'card', uid: this.#uid++ });
    }
    this.entries = [...this.entries, ...fresh];
  }

  #markShown(): void {
    if (this.current < this.entries.length) {
      this.#maxShown = Math.max(this.#maxShown, this.current);
    }
    if (this.currentEntry?.kind === 'card') this.#cardSeen = true;
  }
}
