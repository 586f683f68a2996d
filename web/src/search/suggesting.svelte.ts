// What is offered below the search box, and which of it is chosen.

import type { Suggestion } from '../lib/types';
import { fitting, keyOf, optionsFor, type Option } from './options';

/** So long without a key is a pause. */
export const PAUSE_MS = 120;

type Ask = (text: string, signal: AbortSignal) => Promise<{ items: Suggestion[] }>;

export class Suggesting {
  options = $state.raw<Option[]>([]);
  /** -1: what is typed stays what Enter searches for. */
  index = $state(-1);
  readonly #ask: Ask;
  #found: Suggestion[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asking = new AbortController();

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  get open(): boolean {
    return this.options.length > 0;
  }

  get chosen(): Option | undefined {
    return this.options[this.index];
  }

  typed(text: string): void {
    this.#stop();
    this.index = -1;
    if (!text.trim()) return this.close();
    this.#found = fitting(text, this.#found);
    this.options = optionsFor(text, this.#found);
    this.#timer = setTimeout(() => void this.#look(text), PAUSE_MS);
  }

  /** From the box to the first, from the last back to the box. */
  move(step: 1 | -1): void {
    const places = this.options.length + 1;
    this.index = ((this.index + 1 + step + places) % places) - 1;
  }

  /** Also what was asked for and has not come yet. */
  close(): void {
    this.#stop();
    this.#found = [];
    this.options = [];
    this.index = -1;
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#asking.abort();
  }

  async #look(text: string): Promise<void> {
    this.#asking = new AbortController();
    const { signal } = this.#asking;
    const found = await this.#ask(text.trim(), signal).then(
      ({ items }) => items,
      () => [],
    );
    if (signal.aborted) return;
    const { chosen } = this;
    this.#found = found;
    this.options = optionsFor(text, found);
    this.index = chosen ? this.options.findIndex((one) => keyOf(one) === keyOf(chosen)) : -1;
  }
}
