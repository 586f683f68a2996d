// Which sheet is open. One is on the screen at a time but for sign-in, which rises above any other.

import type { Note } from '../feed/note';
import { appHistory, type Entry } from './history';
import type { Comment, VideoItem } from './types';

export type SheetRequest =
  | { name: 'comments'; item: VideoItem; comment?: string }
  | { name: 'why'; item: VideoItem }
  | { name: 'more'; item: VideoItem }
  | { name: 'edit'; item: VideoItem }
  | { name: 'report'; item?: VideoItem; handle?: string; comment?: Comment }
  | { name: 'block'; item: VideoItem; kind: 'clip' | 'sound' }
  | { name: 'safety'; item: VideoItem }
  | { name: 'note'; item: VideoItem; note: Note }
  | { name: 'people'; handle: string; list: 'followers' | 'following' }
  | { name: 'profile' }
  | { name: 'removed' }
  | { name: 'codes'; codes: string[] }
  | { name: 'keys' };

export interface AuthRequest {
  /** What she was about to do, as a sentence. */
  reason: string;
  start: 'up' | 'in';
  then: (() => void) | null;
}

type Kept = { sheet: SheetRequest } | { auth: AuthRequest };

/** So many sheets of this visit can come back by the browser's buttons. */
const KEPT_MAX = 50;

/** What is open follows from the entry of the history that she is on. */
class Sheets {
  open = $state.raw<SheetRequest | null>(null);
  auth = $state.raw<AuthRequest | null>(null);
  #kept = new Map<number, Kept>();
  /** Entries outlive a reload: their numbers are not given again. */
  #id = Date.now();

  show(request: SheetRequest): void {
    appHistory.soon(() => {
      const below = appHistory.entry.sheets;
      // What the menu leads to takes its place; anything else rises above what is open.
      if (this.open?.name === 'more') {
        appHistory.replace(location.href, [...below.slice(0, -1), this.#keep({ sheet: request })]);
      } else {
        appHistory.push(location.href, [...below, this.#keep({ sheet: request })]);
      }
    });
  }

  close(): void {
    if (!this.open) return;
    this.open = null;
    appHistory.back();
  }

  signIn(reason: string, then: (() => void) | null = null, start: 'up' | 'in' = 'up'): void {
    if (this.auth) return;
    appHistory.soon(() => {
      const id = this.#keep({ auth: { reason, start, then } });
      appHistory.push(location.href, [...appHistory.entry.sheets, id]);
    });
  }

  /** `done` when she is signed in now: then no button of the browser may ask her again. */
  closeAuth(done = false): void {
    if (!this.auth) return;
    const id = appHistory.entry.sheets.at(-1);
    if (done && id !== undefined) this.#kept.delete(id);
    this.auth = null;
    appHistory.back();
  }

  read(entry: Entry, came: 'forward' | 'back'): void {
    const alive = entry.sheets.filter((id) => this.#kept.has(id));
    if (alive.length < entry.sheets.length) {
      // From before a reload, or done with: nothing to come back to.
      this.open = this.auth = null;
      if (came === 'back') appHistory.back();
      else appHistory.replace(location.href, alive);
      return;
    }
    const kept = alive.map((id) => this.#kept.get(id));
    const top = kept.at(-1);
    const below = top && 'auth' in top ? kept.at(-2) : top;
    this.auth = top && 'auth' in top ? top.auth : null;
    this.open = below && 'sheet' in below ? below.sheet : null;
  }

  #keep(kept: Kept): number {
    const id = ++this.#id;
    this.#kept.set(id, kept);
    this.#kept.delete(id - KEPT_MAX);
    return id;
  }
}

export const sheets = new Sheets();
