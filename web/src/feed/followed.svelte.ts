// Whom she follows, as far as this page has learned it: clips carry their author but not the
// relation, so the rail asks here.

import { SvelteSet } from 'svelte/reactivity';

class Followed {
  #handles = new SvelteSet<string>();

  has(handle: string): boolean {
    return this.#handles.has(handle.toLowerCase());
  }

  set(handle: string, on: boolean): void {
    if (on) this.#handles.add(handle.toLowerCase());
    else this.#handles.delete(handle.toLowerCase());
  }

  clear(): void {
    this.#handles.clear();
  }
}

export const followed = new Followed();
