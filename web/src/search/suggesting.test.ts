import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Suggestion } from '../lib/types';
import { PAUSE_MS, Suggesting } from './suggesting.svelte';

const search = (text: string): Suggestion => ({ kind: 'search', text, detail: '' });

/** Answers when told to. */
function server() {
  const asked: {
    text: string;
    signal: AbortSignal;
    answer: (...texts: string[]) => Promise<void>;
    fail: () => Promise<void>;
  }[] = [];
  const suggesting = new Suggesting(
    (text, signal) =>
      new Promise((resolve, reject) => {
        const told = () => vi.advanceTimersByTimeAsync(0).then(() => {});
        asked.push({
          text,
          signal,
          answer: (...texts) => (resolve({ items: texts.map(search) }), told()),
          fail: () => (reject(new Error('away')), told()),
        });
      }),
  );
  return { asked, suggesting, shown: () => suggesting.options.map(({ text }) => text) };
}

const pause = () => vi.advanceTimersByTimeAsync(PAUSE_MS);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('suggestions', () => {
  it('are asked for once a pause', async () => {
    const { asked, suggesting, shown } = server();
    for (const text of ['p', 'ph', 'phy']) {
      suggesting.typed(text);
      await vi.advanceTimersByTimeAsync(PAUSE_MS - 1);
    }
    expect(asked).toEqual([]);
    expect(shown()).toEqual(['phy']);
    await pause();
    expect(asked.map(({ text }) => text)).toEqual(['phy']);
    await asked[0]?.answer('physics');
    expect(shown()).toEqual(['phy', 'physics']);
  });

  it('of an earlier text never replace those of a later one', async () => {
    const { asked, suggesting, shown } = server();
    suggesting.typed('ph');
    await pause();
    suggesting.typed('phy');
    expect(asked[0]?.signal.aborted).toBe(true);
    await pause();
    await asked[1]?.answer('physics');
    await asked[0]?.answer('phones');
    expect(shown()).toEqual(['phy', 'physics']);
    suggesting.close();
    await asked[1]?.answer('physics again');
    expect(suggesting.open).toBe(false);
  });

  it('that still fit stay until the answer comes', async () => {
    const { asked, suggesting, shown } = server();
    suggesting.typed('ph');
    await pause();
    await asked[0]?.answer('physics', 'phones');
    suggesting.typed('phy');
    expect(shown()).toEqual(['phy', 'physics']);
    await pause();
    await asked[1]?.fail();
    expect(shown()).toEqual(['phy']);
  });

  it('are chosen by keys, round by way of the box', async () => {
    const { asked, suggesting } = server();
    suggesting.typed('ph');
    await pause();
    await asked[0]?.answer('physics');
    const seen = [1, 1, 1, -1, -1].map((step) => {
      suggesting.move(step as 1 | -1);
      return suggesting.chosen?.text;
    });
    expect(seen).toEqual(['ph', 'physics', undefined, 'physics', 'ph']);
  });

  it('keep what is chosen when the answer moves it, and let go of it where it is not any more', async () => {
    const { asked, suggesting } = server();
    suggesting.typed('ph');
    await pause();
    await asked[0]?.answer('phones', 'physics');
    suggesting.typed('phy');
    suggesting.move(-1);
    expect(suggesting.chosen?.text).toBe('physics');
    await pause();
    await asked[1]?.answer('phyllis', 'physics');
    expect(suggesting.index).toBe(2);
    suggesting.typed('phyl');
    suggesting.move(-1);
    expect(suggesting.chosen?.text).toBe('phyllis');
    await pause();
    await asked[2]?.answer('phylum');
    expect(suggesting.index).toBe(-1);
  });

  it('are none of an emptied box', async () => {
    const { asked, suggesting } = server();
    suggesting.typed('ph');
    suggesting.typed('  ');
    await pause();
    expect(asked).toEqual([]);
    expect(suggesting.open).toBe(false);
  });
});
