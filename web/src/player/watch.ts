// What of a clip was really watched. Fed with positions while the clip plays, is current and can
// be seen; knows nothing of elements or clocks, so that hidden tabs and prefetch cannot count.

/** The server keeps at most this many ranges and loops of one view. */
export const RANGES_MAX = 32;
export const LOOPS_MAX = 1000;
/** A longer step between two samples is a seek or a frozen page, not watching. */
const STEP_MAX_MS = 1500;
/** Ranges this close together are one. */
const GAP_MAX_MS = 120;

export interface Watched {
  watch_ms: number;
  watched: [number, number][];
  loops: number;
}

export class WatchAccumulator {
  #ranges: [number, number][] = [];
  #watchMs = 0;
  #loops = 0;
  #lastMs: number | null = null;
  #durationMs: number;

  constructor(durationMs: number) {
    this.#durationMs = Math.max(0, durationMs);
  }

  /** The clip plays at `rate` times its speed, is current, and is at `positionMs`. */
  sample(positionMs: number, rate = 1): void {
    if (!Number.isFinite(positionMs) || positionMs < 0) return;
    const at = this.#durationMs > 0 ? Math.min(positionMs, this.#durationMs) : positionMs;
    const last = this.#lastMs;
    this.#lastMs = at;
    if (last === null || at <= last || at - last > STEP_MAX_MS) return;
    this.#watchMs += (at - last) / rate;
    this.#add(last, at);
  }

  /** The clip went from its end to its beginning by itself. */
  loop(): void {
    const last = this.#lastMs;
    if (last !== null && this.#durationMs > last && this.#durationMs - last <= STEP_MAX_MS) {
      this.#watchMs += this.#durationMs - last;
      this.#add(last, this.#durationMs);
    }
    this.#loops = Math.min(this.#loops + 1, LOOPS_MAX);
    this.#lastMs = 0;
  }

  /** Playing stopped or jumped: the next sample begins anew. */
  interrupt(): void {
    this.#lastMs = null;
  }

  /** Part of the clip that was seen at least once, 0..1. */
  get share(): number {
    if (this.#durationMs === 0) return 0;
    let seen = 0;
    for (const [from, to] of this.#ranges) seen += to - from;
    return Math.min(1, seen / this.#durationMs);
  }

  get loops(): number {
    return this.#loops;
  }

  result(): Watched {
    // Scrubbing back or half speed can give more time than the loops explain; the server asks for
    // both to agree.
    const mostMs = this.#durationMs > 0 ? this.#durationMs * (this.#loops + 1) : Infinity;
    return {
      watch_ms: Math.round(Math.min(this.#watchMs, mostMs)),
      watched: this.#ranges.flatMap(([from, to]): [number, number][] =>
        Math.round(from) < Math.round(to) ? [[Math.round(from), Math.round(to)]] : [],
      ),
      loops: this.#loops,
    };
  }

  #add(from: number, to: number): void {
    const merged: [number, number][] = [];
    let [low, high] = [from, to];
    for (const range of this.#ranges) {
      if (range[1] + GAP_MAX_MS < low || range[0] - GAP_MAX_MS > high) merged.push(range);
      else [low, high] = [Math.min(low, range[0]), Math.max(high, range[1])];
    }
    merged.push([low, high]);
    merged.sort((a, b) => a[0] - b[0]);
    while (merged.length > RANGES_MAX) this.#joinNearest(merged);
    this.#ranges = merged;
  }

  #joinNearest(ranges: [number, number][]): void {
    let best = 1;
    for (let index = 1; index < ranges.length; index++) {
      const gap = (i: number) => (ranges[i]?.[0] ?? 0) - (ranges[i - 1]?.[1] ?? 0);
      if (gap(index) < gap(best)) best = index;
    }
    const [left, right] = [ranges[best - 1], ranges[best]];
    if (left && right) ranges.splice(best - 1, 2, [left[0], right[1]]);
  }
}
