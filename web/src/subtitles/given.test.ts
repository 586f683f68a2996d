import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

const setSubtitles = vi.hoisted(() => vi.fn());
const show = vi.hoisted(() => vi.fn());
vi.mock('../lib/api', () => ({ api: { setSubtitles } }));
vi.mock('../lib/toast.svelte', () => ({ toasts: { show } }));
vi.mock('./words', () => ({ s: (key: string) => key }));
vi.mock('./language', () => ({ languageName: (language: string) => language }));

import { ApiError } from '../lib/http';
import { giveAll } from './given';

const file = new File(['WEBVTT'], 'a.vtt');
const given = [{ language: 'en', file, count: 1 }];

describe('subtitles that come with an upload', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => {
    vi.useRealTimers();
    vi.clearAllMocks();
  });

  it('wait for a network that is away', async () => {
    setSubtitles.mockRejectedValueOnce(new ApiError({ status: 0, detail: 'offline' })).mockResolvedValue({});
    const done = giveAll('video', given);
    await vi.advanceTimersByTimeAsync(10_000);
    await done;
    expect(setSubtitles).toHaveBeenCalledTimes(2);
    expect(show).not.toHaveBeenCalled();
  });

  it('are said to be refused, once, and keep no other from being given', async () => {
    setSubtitles.mockRejectedValueOnce(new ApiError({ status: 400, detail: 'line 3' })).mockResolvedValue({});
    await giveAll('video', [...given, { language: 'de', file, count: 1 }]);
    expect(setSubtitles).toHaveBeenCalledTimes(2);
    expect(show).toHaveBeenCalledTimes(1);
  });
});
