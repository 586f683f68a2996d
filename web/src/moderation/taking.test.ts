import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError } from '../lib/http';
import { Taking } from './taking.svelte';

describe('taking an entry off the list', () => {
  const ask = vi.fn<(id: string) => Promise<void>>();
  const ended = vi.fn();
  let taking: Taking;
  beforeEach(() => {
    vi.useFakeTimers();
    ask.mockReset().mockResolvedValue();
    ended.mockReset();
    taking = new Taking(ask, ended);
    taking.take('a');
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('can be taken back for some seconds, and the server never knows', async () => {
    expect([...taking.taken]).toEqual(['a']);
    await vi.advanceTimersByTimeAsync(5000);
    taking.undo('a');
    await vi.advanceTimersByTimeAsync(60_000);
    expect([...taking.taken, ...taking.gone]).toEqual([]);
    expect(ask).not.toHaveBeenCalled();
  });

  it('is done then', async () => {
    await vi.advanceTimersByTimeAsync(10_000);
    expect(ask.mock.calls).toEqual([['a']]);
    expect([...taking.gone]).toEqual(['a']);
    expect([...taking.taken]).toEqual([]);
    expect(ended).toHaveBeenCalledWith(null);
  });

  it('is done at once when the page is left, and only once', async () => {
    taking.take('b');
    await taking.flush();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(ask.mock.calls).toEqual([['a'], ['b']]);
  });

  it('is back when it could not be done, but not when somebody else has done it', async () => {
    const offline = new ApiError({ status: 0, detail: 'offline' });
    ask.mockRejectedValueOnce(offline).mockRejectedValueOnce(new ApiError({ status: 404, detail: 'gone' }));
    await taking.flush();
    expect([...taking.gone]).toEqual([]);
    expect(ended).toHaveBeenLastCalledWith(offline);
    taking.take('b');
    await taking.flush();
    expect([...taking.gone]).toEqual(['b']);
    expect(ended).toHaveBeenLastCalledWith(null);
  });
});
