import { beforeEach, describe, expect, it } from 'vitest';
import { ApiError } from '../lib/http';
import type { Held } from '../lib/types';
import { Waiting } from './waiting.svelte';

const held = (id: string): Held => ({
  id,
  caption: id,
  author: null,
  duration_ms: 1000,
  frames_count: 1,
  matched: { kind: 'clip', reason: 'why' },
  judgement: null,
  held_ms: 1,
});
const ids = (waiting: Waiting) => waiting.items?.map(({ id }) => id);
const refused = (status: number) => () => Promise.reject(new ApiError({ status, detail: `said ${status}` }));

describe('what waits for a decision', () => {
  let waiting: Waiting;
  beforeEach(() => {
    waiting = new Waiting();
    waiting.take({ items: [held('a'), held('b')], count: 2 });
  });

  it('is not known before the first answer, nor after it is cleared', () => {
    expect(new Waiting().items).toBe(null);
    waiting.clear();
    expect(waiting.items).toBe(null);
  });

  it('is left at once, also when an older answer comes late', async () => {
    let done = () => {};
    const ended = waiting.decide('a', () => new Promise<void>((resolve) => (done = resolve)));
    expect(ids(waiting)).toEqual(['b']);
    waiting.take({ items: [held('a'), held('b')], count: 2 });
    expect(ids(waiting)).toEqual(['b']);
    done();
    expect(await ended).toBe('done');
    expect(ids(waiting)).toEqual(['b']);
  });

  it('is back in its place when the server could not be asked, with a word', async () => {
    expect(await waiting.decide('a', refused(0))).toBe('failed');
    expect(ids(waiting)).toEqual(['a', 'b']);
    expect(waiting.problems.get('a')).toBe('said 0');
    expect(await waiting.decide('a', () => Promise.resolve())).toBe('done');
    expect(waiting.problems.size).toBe(0);
  });

  it('is left too when somebody else was first', async () => {
    expect(await waiting.decide('a', refused(404))).toBe('meanwhile');
    expect(ids(waiting)).toEqual(['b']);
  });

  it('says how many there are behind those that are shown', () => {
    expect(waiting.more).toBe(0);
    waiting.take({ items: [held('a')], count: 340 });
    expect(waiting.more).toBe(339);
  });
});
