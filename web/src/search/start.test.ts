import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SearchStart } from '../lib/types';
import { KEPT_MS, Start } from './start.svelte';

const answer = (query: string): SearchStart => ({
  searches: [{ query, since_ms: 0 }],
  hashtags: [],
  people: [],
  rows: [],
});
const told = () => vi.advanceTimersByTimeAsync(0);
const query = (start: Start) => start.shown?.searches[0]?.query;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('the start page', () => {
  it('is kept for a minute, and shown while it is asked for anew', async () => {
    const load = vi.fn(() => Promise.resolve(answer(`answer ${load.mock.calls.length}`)));
    const first = new Start(load);
    first.come('a');
    await told();
    const left = first.leave();

    const soon = new Start(load, left);
    soon.come('a', Date.now() + KEPT_MS - 1);
    expect(load).toHaveBeenCalledTimes(1);
    expect(query(soon)).toBe('answer 1');

    const late = new Start(load, left);
    late.come('a', Date.now() + KEPT_MS);
    expect(query(late)).toBe('answer 1');
    await told();
    expect(query(late)).toBe('answer 2');
  });

  it('is asked for anew once something has changed', async () => {
    const load = vi.fn(() => Promise.resolve(answer('x')));
    const start = new Start(load);
    start.come('a');
    await told();
    start.come('a');
    expect(load).toHaveBeenCalledTimes(1);
    start.come('b');
    expect(load).toHaveBeenCalledTimes(2);
  });

  it('says what failed and keeps what is there', async () => {
    let fails = true;
    const start = new Start(() => (fails ? Promise.reject(new Error('away')) : Promise.resolve(answer('x'))));
    start.come('a');
    await told();
    expect([start.problem, start.loading, start.leave()]).toEqual(['away', false, undefined]);
    fails = false;
    await start.ask();
    expect([start.problem, query(start)]).toEqual(['', 'x']);
    fails = true;
    await start.ask();
    expect([start.problem, query(start)]).toEqual(['away', 'x']);
    const load = vi.fn(() => Promise.resolve(answer('y')));
    new Start(load, start.leave()).come('a');
    expect(load).toHaveBeenCalledTimes(1);
  });

  it('takes no answer after she has left', async () => {
    let give: (start: SearchStart) => void = () => {};
    const start = new Start(() => new Promise((resolve) => (give = resolve)));
    start.come('a');
    start.leave();
    give(answer('late'));
    await told();
    expect(start.shown).toBeNull();
  });
});
