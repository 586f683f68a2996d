import { describe, expect, it } from 'vitest';
import type { VideoItem } from '../lib/types';
import { newest, passOver } from './passing';

const item = (id: string, flashes = false, own = false) =>
  ({ video: { id, flashes, viewer: { own } } }) as VideoItem;
const ids = (items: VideoItem[]) => items.map(({ video }) => video.id);

describe('passing over clips that flash', () => {
  it('leaves the others in their order, and names those', () => {
    const { items, passed } = passOver([item('a'), item('f1', true), item('f2', true), item('b')]);
    expect(ids(items)).toEqual(['a', 'b']);
    expect(passed).toEqual(['f1', 'f2']);
  });

  it('keeps her own', () => {
    expect(ids(passOver([item('mine', true, true)]).items)).toEqual(['mine']);
  });

  it('remembers the newest of them, each once', () => {
    expect(newest(['a', 'b'], ['b', 'c'])).toEqual(['a', 'b', 'c']);
    const many = Array.from({ length: 40 }, (_, i) => `v${i}`);
    expect(newest(many, ['last'])).toHaveLength(24);
    expect(newest(many, ['last']).at(-1)).toBe('last');
  });
});
