// Whom she follows, as this page has learned it since a clip was handed out: newer than what the
// clip itself says about its author.

import { SvelteMap } from 'svelte/reactivity';
import type { Author } from './types';

class Followed {
  #handles = new SvelteMap<string, boolean>();

  has(author: Author): boolean {
    return this.#handles.get(author.handle.toLowerCase()) ?? author.viewer?.follows ?? false;
  }

  set(handle: string, on: boolean): void {
    this.#handles.set(handle.toLowerCase(), on);
  }

  clear(): void {
    this.#handles.clear();
  }
}

export const followed = new Followed();
