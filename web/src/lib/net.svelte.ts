// Whether the server can be reached: for the banner, and for what is to be tried again by itself.

import { onMount } from 'svelte';

const ASK_MS = [1000, 2000, 4000, 8000, 15_000];
/** So often in a row it has failed before the banner says so: browsers do not always know that they are offline. */
const FAILED_MIN = 2;

class Net {
  online = $state(true);
  #failed = $state(0);
  #lost = false;
  #asked = 0;
  #lostAt = -Infinity;
  #timer = 0;
  #waiting = new Set<() => void>();
  #ask: () => Promise<unknown> = () => Promise.resolve();

  /** `ask` is any small request; it tells `reached` how it went. */
  start(ask: () => Promise<unknown>): void {
    this.#ask = ask;
    this.online = navigator.onLine;
    addEventListener('online', () => {
      this.online = true;
      this.#askNow();
    });
    addEventListener('offline', () => {
      this.online = false;
      this.#lost = true;
    });
    document.addEventListener('visibilitychange', () => document.hidden || this.#askNow());
  }

  /** The last request was answered. */
  get reachable(): boolean {
    return this.online && !this.#lost;
  }

  /** What the banner tells of. */
  get trouble(): 'offline' | 'server' | null {
    if (!this.online) return 'offline';
    return this.#failed >= FAILED_MIN ? 'server' : null;
  }

  reached(ok: boolean): void {
    this.#failed = ok ? 0 : this.#failed + 1;
    if (!ok) {
      if (!navigator.onLine) this.online = false;
      this.#lost = true;
      // What fails again and again is asked for less and less often.
      if (performance.now() - this.#lostAt > 4 * 15_000) this.#asked = 0;
      this.#lostAt = performance.now();
      this.#timer ||= window.setTimeout(
        () => this.#askNow(),
        ASK_MS[Math.min(this.#asked++, ASK_MS.length - 1)],
      );
      return;
    }
    this.online = true;
    if (!this.#lost) return;
    this.#lost = false;
    for (const again of this.#waiting) again();
  }

  /** Runs `again` each time the server answers after it could not be reached. */
  onBack(again: () => void): () => void {
    this.#waiting.add(again);
    return () => this.#waiting.delete(again);
  }

  #askNow(): void {
    clearTimeout(this.#timer);
    this.#timer = 0;
    if (this.#lost && navigator.onLine && !document.hidden) void this.#ask().catch(() => {});
  }
}

export const net = new Net();

/** For a component while it is set up: what failed is tried again when the server is back. */
export function whenBack(again: () => void): void {
  onMount(() => net.onBack(again));
}
