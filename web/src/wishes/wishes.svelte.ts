// What a person asks the feed for more or less of: it shows at once and is put back when refused.

import { api } from '../lib/api';
import type { Wish, WishKind } from '../lib/types';

export const LEVELS = [-2, -1, 0, 1, 2] as const;

/** What a wish is for. */
export type Wanted = Omit<Wish, 'level'>;

const fold = (value = '') => value.toLowerCase();
const isSame = (a: Wanted, b: Wanted) => a.kind === b.kind && fold(a.value) === fold(b.value);

/** 0: as usual. */
export function levelIn(list: readonly Wish[], wanted: Wanted): number {
  return list.find((one) => isSame(one, wanted))?.level ?? 0;
}

/** The list with this wish where it stood before, or first; without it at level 0. */
export function changed(list: readonly Wish[], wish: Wish): Wish[] {
  if (wish.level === 0) return list.filter((one) => !isSame(one, wish));
  if (levelIn(list, wish) === 0) return [wish, ...list];
  return list.map((one) => (isSame(one, wish) ? { ...one, level: wish.level } : one));
}

/** Where "more" (1) and "less" (-1) lead: a step, a second one, and back to usual. */
export function stepped(level: number, towards: 1 | -1): number {
  const steps = level * towards;
  if (steps >= 2) return 0;
  return steps === 1 ? 2 * towards : towards;
}

/** "#tag" or "tag" is a hashtag, "@handle" a person. */
export function wantedIn(text: string): Wanted {
  const typed = text.trim();
  const kind: WishKind = typed.startsWith('@') ? 'author' : 'hashtag';
  return { kind, value: typed.replace(/^[#@]/, '') };
}

export class Wishes {
  /** As it is shown; null before it is known. */
  #shown = $state.raw<readonly Wish[] | null>(null);
  /** As the server has it. */
  #kept: readonly Wish[] = [];
  #last: Promise<unknown> = Promise.resolve();
  #pending = 0;

  get known(): boolean {
    return this.#shown !== null;
  }

  /** Of hashtags and people. */
  get named(): Wish[] {
    return this.#shown?.filter(({ kind }) => kind === 'hashtag' || kind === 'author') ?? [];
  }

  levelOf(wanted: Wanted): number {
    return levelIn(this.#shown ?? [], wanted);
  }

  async load(signal?: AbortSignal): Promise<void> {
    this.#kept = (await api.wishes(signal)).wishes;
    this.#settle();
  }

  /** Shows at once. One after the other, so that the last one stays. Throws when it is refused. */
  async set(wish: Wish): Promise<void> {
    this.#shown = changed(this.#shown ?? [], wish);
    await this.#send(wish);
  }

  /** Shows when the server has taken it, under the name that it gives it. */
  async add(wish: Wish): Promise<void> {
    await this.#send(wish);
    await this.load().catch(() => {}); // taken, though under the name as it was typed
  }

  async #send(wish: Wish): Promise<void> {
    this.#pending++;
    const sent = this.#last.then(() => api.setWish(wish));
    this.#last = sent.catch(() => {});
    try {
      await sent;
      this.#kept = changed(this.#kept, wish);
    } finally {
      this.#pending--;
      this.#settle();
    }
  }

  /** What is still on its way stays as it shows. */
  #settle(): void {
    if (this.#pending === 0) this.#shown = this.#kept;
  }
}
