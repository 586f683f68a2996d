import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { api } from '../lib/api';
import type { VisualMatch } from '../lib/types';
import { WHOLE } from './crop';
import { Looking, REST_MS } from './looking.svelte';
import { shrink, Unreadable } from './shrinker';

vi.mock('./shrinker', () => ({ shrink: vi.fn(), Unreadable: class extends Error {} }));

const likely = { x: 0.25, y: 0.25, width: 0.5, height: 0.5 };
const file = new Blob(['small'], { type: 'image/jpeg' });
const moment = { video_id: 'v1', at_ms: 7200 };
const match = (id: string) => ({ video: { id } }) as VisualMatch;
const live = () => new AbortController().signal;

const similar = vi.spyOn(api, 'similar');
beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('window', globalThis);
  vi.mocked(shrink).mockResolvedValue({ file, width: 100, height: 80, likely });
  similar.mockReset().mockResolvedValue({ items: [match('a')], waiting_count: 3 });
});
afterEach(() => vi.useRealTimers());

async function looking(given = {}): Promise<Looking> {
  const look = new Looking(undefined);
  await look.take({ from: new Blob(['large']), ...given });
  return look;
}

describe('a search by a picture', () => {
  it('begins on the likely box, with the small picture', async () => {
    const look = await looking();
    expect([look.state, look.asks, look.box]).toEqual(['here', 1, likely]);
    expect(await look.find(live())).toEqual([match('a')]);
    expect(similar).toHaveBeenCalledExactlyOnceWith(file, '0.25,0.25,0.5,0.5', expect.anything());
    expect([look.waiting, look.busy, look.problem]).toEqual([3, false, '']);
  });

  it('sends of a video its moment and no pixels', async () => {
    const look = await looking({ moment });
    await look.find(live());
    expect(similar).toHaveBeenCalledWith({ ...moment, crop: likely }, null, expect.anything());
    look.move(WHOLE);
    await look.find(live());
    expect(similar).toHaveBeenLastCalledWith(moment, null, expect.anything());
  });

  it('begins with the whole of a picture that stands in for another', async () => {
    expect((await looking({ moment, standsIn: true })).box).toEqual(WHOLE);
  });

  describe('of a moment whose likely part finds nothing', () => {
    const none = { items: [], waiting_count: 2 };
    const bodies = () => similar.mock.calls.map(([body]) => body);

    it('is of the whole picture, and says so', async () => {
      similar.mockResolvedValueOnce(none);
      const look = await looking({ moment });
      expect(await look.find(live())).toEqual([match('a')]);
      expect(bodies()).toEqual([{ ...moment, crop: likely }, moment]);
      expect([look.widened, look.box, look.waiting, look.busy]).toEqual([true, WHOLE, 3, false]);
      const back = new Looking(look.leave());
      expect([back.widened, back.asks, back.box]).toEqual([true, 1, WHOLE]);
    });

    it('says that nothing is like the whole either', async () => {
      similar.mockResolvedValue(none);
      const look = await looking({ moment });
      expect(await look.find(live())).toEqual([]);
      expect([look.widened, look.box, bodies().length]).toEqual([true, WHOLE, 2]);
    });

    it('is so too where she comes back to what had no answer', async () => {
      similar.mockResolvedValueOnce(none);
      const back = new Looking((await looking({ moment })).leave());
      await back.find(live());
      expect(back.widened).toBe(true);
    });

    it('says no more of the whole once another part is searched for', async () => {
      similar.mockResolvedValueOnce(none);
      const look = await looking({ moment });
      await look.find(live());
      look.move({ ...likely, x: 0.3 });
      expect(look.widened).toBe(true);
      await look.find(live());
      expect([look.widened, bodies().length]).toEqual([false, 3]);
    });

    it('asks for both again when the second answer failed', async () => {
      similar.mockResolvedValueOnce(none).mockRejectedValueOnce(new Error('Too many pictures.'));
      const look = await looking({ moment });
      await look.find(live());
      expect([look.problem, look.box]).toEqual(['Too many pictures.', likely]);
      similar.mockResolvedValueOnce(none);
      expect(await look.find(live())).toEqual([match('a')]);
      expect([look.problem, look.widened]).toEqual(['', true]);
    });

    it('is not widened where she has chosen the part, also while it is asked for', async () => {
      similar.mockResolvedValue(none);
      const look = await looking({ moment });
      const hers = { ...likely, x: 0.3 };
      similar.mockImplementationOnce(() => Promise.resolve(none).finally(() => look.move(hers)));
      await look.find(live());
      await look.find(live());
      expect(bodies()).toEqual([
        { ...moment, crop: likely },
        { ...moment, crop: hers },
      ]);
      expect([look.widened, look.box]).toEqual([false, hers]);
    });

    it('leaves the box where she has it when the second answer comes', async () => {
      const look = await looking({ moment });
      const hers = { ...likely, x: 0.3 };
      similar.mockResolvedValueOnce(none).mockImplementationOnce(async () => {
        look.move(hers);
        return { items: [match('b')], waiting_count: 0 };
      });
      expect(await look.find(live())).toEqual([]);
      expect([look.widened, look.box]).toEqual([false, hers]);
    });
  });

  it('of a picture of hers stays on the part that finds nothing', async () => {
    similar.mockResolvedValue({ items: [], waiting_count: 0 });
    const look = await looking();
    await look.find(live());
    expect([similar.mock.calls.length, look.box, look.widened]).toEqual([1, likely, false]);
  });

  it('asks once the box has rested, and only for another part', async () => {
    const look = await looking();
    const to = (x: number) => look.move({ ...likely, x });
    to(0.3);
    vi.advanceTimersByTime(REST_MS - 1);
    to(0.4);
    vi.advanceTimersByTime(REST_MS - 1);
    expect(look.asks).toBe(1);
    vi.advanceTimersByTime(1);
    expect(look.asks).toBe(2);
    to(0.5);
    to(0.4);
    vi.advanceTimersByTime(2 * REST_MS);
    expect(look.asks).toBe(2);
  });

  it('keeps what was found when an answer fails, and may ask for the same again', async () => {
    const look = await looking();
    await look.find(live());
    similar.mockRejectedValueOnce(new Error('Too many pictures.'));
    look.move(WHOLE);
    expect(await look.find(live())).toEqual([match('a')]);
    expect([look.problem, look.busy]).toEqual(['Too many pictures.', false]);
    vi.advanceTimersByTime(REST_MS);
    expect(look.asks).toBe(2);
    await look.find(live());
    expect(look.problem).toBe('');
  });

  it('leaves what a later search says alone when an earlier one ends', async () => {
    const look = await looking();
    const stopped = new AbortController();
    similar.mockImplementationOnce(() => {
      stopped.abort();
      return Promise.reject(new Error('stopped'));
    });
    await expect(look.find(stopped.signal)).rejects.toThrow();
    expect([look.busy, look.problem]).toEqual([true, '']);
  });

  it('says that a picture cannot be read, and takes the next', async () => {
    vi.mocked(shrink).mockRejectedValueOnce(new Unreadable());
    const look = await looking();
    expect([look.state, look.asks]).toEqual(['unreadable', 0]);
    await look.take({ from: new Blob(['other']) });
    expect([look.state, look.asks]).toEqual(['here', 1]);
  });

  it('shows of two pictures the one chosen last, however long either takes', async () => {
    let slow = (_: Awaited<ReturnType<typeof shrink>>) => {};
    vi.mocked(shrink).mockImplementationOnce(() => new Promise((resolve) => (slow = resolve)));
    const look = new Looking(undefined);
    const first = look.take({ from: new Blob(['first']) });
    await look.take({ from: new Blob(['second']), moment });
    slow({ file, width: 1, height: 1, likely });
    await first;
    expect([look.picture?.width, look.picture?.moment, look.asks]).toEqual([100, moment, 1]);
  });

  it('is found as it was left, and asks nothing for that', async () => {
    const look = await looking();
    await look.find(live());
    const back = new Looking(look.leave());
    expect([back.state, back.asks, back.found, back.box]).toEqual(['here', 1, look.found, likely]);
    expect(back.picture).toBe(look.picture);
  });

  it('asks for the box that had not rested when she left, once she is back', async () => {
    const look = await looking();
    look.move(WHOLE);
    const left = look.leave();
    vi.advanceTimersByTime(2 * REST_MS);
    expect(look.asks).toBe(1);
    expect(new Looking(left).asks).toBe(2);
  });

  it('goes on reading what was left before it was read', async () => {
    vi.mocked(shrink).mockImplementationOnce(() => new Promise(() => {}));
    const look = new Looking(undefined);
    void look.take({ from: new Blob(['large']) });
    const back = new Looking(look.leave());
    await vi.waitFor(() => expect(back.state).toBe('here'));
  });
});
