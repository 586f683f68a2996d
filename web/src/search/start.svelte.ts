// What the start page shows: asked for when she comes, kept for when she comes back.

import type { SearchStart } from '../lib/types';

/** Older than this it is asked for anew; what is here stays until the answer is. */
export const KEPT_MS = 60_000;

export interface Left {
  shown: SearchStart;
  atMs: number;
  mark: string;
}

type Load = (signal: AbortSignal) => Promise<SearchStart>;

export class Start {
  shown = $state.raw<SearchStart | null>(null);
  loading = $state(false);
  problem = $state('');
  readonly #load: Load;
  #atMs = -Infinity;
  #mark = '';
  #asking = new AbortController();

  constructor(load: Load, left?: Left) {
    this.#load = load;
    if (left) [this.shown, this.#atMs, this.#mark] = [left.shown, left.atMs, left.mark];
  }

  /** `mark` changes with whatever makes another answer of it. */
  come(mark: string, nowMs = Date.now()): void {
    if (this.shown && mark === this.#mark && nowMs - this.#atMs < KEPT_MS) return;
    this.#mark = mark;
    void this.ask();
  }

  async ask(): Promise<void> {
    this.#asking.abort();
    this.#asking = new AbortController();
    const { signal } = this.#asking;
    this.loading = true;
    this.problem = '';
    try {
      const shown = await this.#load(signal);
      if (signal.aborted) return;
      [this.shown, this.#atMs] = [shown, Date.now()];
    } catch (error) {
      if (!signal.aborted) this.problem = (error as Error).message;
    } finally {
      if (!signal.aborted) this.loading = false;
    }
  }

  /** What is on its way is given up; undefined where nothing has come. */
  leave(): Left | undefined {
    this.#asking.abort();
    if (!this.shown) return undefined;
    const missed = this.loading || this.problem !== '';
    return { shown: this.shown, atMs: missed ? -Infinity : this.#atMs, mark: this.#mark };
  }
}
