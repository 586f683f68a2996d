import { afterEach, describe, expect, it, vi } from 'vitest';
import { api } from '../lib/api';
import type { Wish } from '../lib/types';
import { changed, levelIn, stepped, wantedIn, Wishes } from './wishes.svelte';

const clay: Wish = { kind: 'hashtag', value: 'clay', level: 1 };
const ada: Wish = { kind: 'author', value: 'Ada', level: -1 };
const longer: Wish = { kind: 'length', value: '', level: 2 };

afterEach(() => vi.restoreAllMocks());

describe('a list of wishes', () => {
  it('tells the level of each, in any case of its letters, and 0 of what it lacks', () => {
    const list = [clay, ada, longer];
    expect(levelIn(list, { kind: 'author', value: 'ada' })).toBe(-1);
    expect(levelIn(list, { kind: 'length' })).toBe(2);
    expect(levelIn(list, { kind: 'hashtag', value: 'ada' })).toBe(0);
  });

  it('keeps the place of what is changed, puts new ones first and drops what is as usual', () => {
    expect(changed([clay, ada], { ...ada, value: 'ada', level: 2 })).toEqual([clay, { ...ada, level: 2 }]);
    expect(changed([clay], longer)).toEqual([longer, clay]);
    expect(changed([clay, ada], { ...clay, level: 0 })).toEqual([ada]);
  });
});

describe('stepped', () => {
  it('goes one step, a second one, and back to usual; across zero it begins anew', () => {
    expect([0, 1, 2, -1, -2].map((level) => stepped(level, 1))).toEqual([1, 2, 0, 1, 1]);
    expect([0, -1, -2, 1, 2].map((level) => stepped(level, -1))).toEqual([-1, -2, 0, -1, -1]);
  });
});

describe('wantedIn', () => {
  it('takes a hashtag with its sign or without, and a handle by its sign', () => {
    expect(wantedIn(' #clay ')).toEqual({ kind: 'hashtag', value: 'clay' });
    expect(wantedIn('clay')).toEqual({ kind: 'hashtag', value: 'clay' });
    expect(wantedIn('@Ada')).toEqual({ kind: 'author', value: 'Ada' });
    expect(wantedIn(' # ').value).toBe('');
  });
});

describe('Wishes', () => {
  async function loaded(...list: Wish[]): Promise<Wishes> {
    vi.spyOn(api, 'wishes').mockResolvedValue({ wishes: list });
    const wishes = new Wishes();
    await wishes.load();
    return wishes;
  }

  it('are not known before they are loaded, and name hashtags and people only', async () => {
    expect(new Wishes().known).toBe(false);
    const wishes = await loaded(clay, longer, ada);
    expect(wishes.known).toBe(true);
    expect(wishes.named).toEqual([clay, ada]);
  });

  it('show at once, and go back to what the server has when it refuses', async () => {
    const wishes = await loaded(clay);
    const refused = new Error('no');
    vi.spyOn(api, 'setWish').mockRejectedValue(refused);
    const setting = wishes.set({ ...clay, level: 0 });
    expect(wishes.levelOf(clay)).toBe(0);
    await expect(setting).rejects.toBe(refused);
    expect(wishes.levelOf(clay)).toBe(1);
  });

  it('are sent one after the other, and the last one shows all the time', async () => {
    const wishes = await loaded();
    const answers: ((problem?: Error) => void)[] = [];
    const sent = vi
      .spyOn(api, 'setWish')
      .mockImplementation(
        () =>
          new Promise((done, fail) => answers.push((problem) => (problem ? fail(problem) : done(undefined)))),
      );
    const both = Promise.allSettled([wishes.set({ ...clay, level: 1 }), wishes.set({ ...clay, level: 2 })]);
    await vi.waitFor(() => expect(answers).toHaveLength(1));
    answers[0]?.();
    await vi.waitFor(() => expect(answers).toHaveLength(2));
    expect(wishes.levelOf(clay)).toBe(2);
    answers[1]?.(new Error('no'));
    await both;
    expect(sent.mock.calls.map(([{ level }]) => level)).toEqual([1, 2]);
    expect(wishes.levelOf(clay)).toBe(1);
  });

  it('show what is added under the name that the server gives it', async () => {
    const wishes = await loaded();
    vi.spyOn(api, 'setWish').mockResolvedValue(undefined);
    vi.spyOn(api, 'wishes').mockResolvedValue({ wishes: [ada] });
    const adding = wishes.add({ ...ada, value: 'ADA' });
    expect(wishes.named).toEqual([]);
    await adding;
    expect(wishes.named).toEqual([ada]);
  });
});
