// Whom she follows, as this page has learned it since a clip was handed out: newer than what the
// clip itself says about its author.

import { SvelteMap } from 'svelte/reactivity';
import type { Author } from './types';

class Followed {
  #handles = new SvelteMap<string, boolean>();
  /** Grows when she follows somebody, or no longer. */
  epoch = $state(0);

  has(author: Author): boolean {
    return this.#handles.get(author.handle.toLowerCase()) ?? author.viewer?.follows ?? false;
  }

  /** What the server says of them. */
  note(handle: string, on: boolean): void {
    this.#handles.set(handle.toLowerCase(), on);
  }

  /** What she does. */
  set(handle: string, on: boolean): void {
    this.note(handle, on);
    this.epoch++;
  }

  clear(): void {
    this.#handles.clear();
  }
}

export const followed = new Followed();
