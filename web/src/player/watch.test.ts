import { describe, expect, it } from 'vitest';
import { RANGES_MAX, WatchAccumulator } from './watch';

function play(watch: WatchAccumulator, from: number, to: number, step = 50): void {
  for (let at = from; at <= to; at += step) watch.sample(at);
}

describe('WatchAccumulator', () => {
  it('joins samples into one range', () => {
    const watch = new WatchAccumulator(10_000);
    play(watch, 0, 3000);
    expect(watch.result()).toEqual({ watch_ms: 3000, watched: [[0, 3000]], loops: 0 });
  });

  it('counts nothing for a single sample or while nothing is fed', () => {
    const watch = new WatchAccumulator(10_000);
    watch.sample(500);
    expect(watch.result()).toEqual({ watch_ms: 0, watched: [], loops: 0 });
  });

  it('does not count the way between two places of a seek', () => {
    const watch = new WatchAccumulator(60_000);
    play(watch, 0, 1000);
    watch.interrupt();
    play(watch, 30_000, 31_000);
    expect(watch.result().watched).toEqual([
      [0, 1000],
      [30_000, 31_000],
    ]);
    expect(watch.result().watch_ms).toBe(2000);
  });

  it('does not count a gap in the samples (a hidden tab)', () => {
    const watch = new WatchAccumulator(60_000);
    play(watch, 0, 1000);
    play(watch, 9000, 10_000);
    expect(watch.result().watch_ms).toBe(2000);
  });

  it('counts loops, and time twice but ranges once', () => {
    const watch = new WatchAccumulator(2000);
    play(watch, 0, 1950);
    watch.loop();
    play(watch, 0, 1000);
    expect(watch.result()).toEqual({ watch_ms: 3000, watched: [[0, 2000]], loops: 1 });
    expect(watch.share).toBe(1);
  });

  it('ignores positions that cannot be', () => {
    const watch = new WatchAccumulator(1000);
    for (const at of [Number.NaN, -5, Number.POSITIVE_INFINITY]) watch.sample(at);
    play(watch, 900, 1500);
    expect(watch.result().watched).toEqual([[900, 1000]]);
  });

  it('counts time on the clock at another speed, never more than the loops explain', () => {
    const watch = new WatchAccumulator(4000);
    for (let at = 0; at <= 2000; at += 50) watch.sample(at, 2);
    expect(watch.result().watch_ms).toBe(1000);
    for (let round = 0; round < 5; round++) {
      watch.interrupt();
      play(watch, 0, 3900);
    }
    expect(watch.result().watch_ms).toBe(4000);
    expect(watch.result().loops).toBe(0);
  });

  it('keeps at most the number of ranges the server takes', () => {
    const watch = new WatchAccumulator(1_000_000);
    for (let i = 0; i < 100; i++) {
      watch.interrupt();
      play(watch, i * 5000, i * 5000 + 1000);
    }
    const { watched, watch_ms } = watch.result();
    expect(watched.length).toBeLessThanOrEqual(RANGES_MAX);
    expect(watch_ms).toBe(100_000);
    expect(watched[0]?.[0]).toBe(0);
    expect(watched.at(-1)?.[1]).toBe(496_000);
  });
});
