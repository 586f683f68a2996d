import { describe, expect, it } from 'vitest';
import { noteOf } from './note';

const video = {
  held: false,
  draft: false,
  state: 'published' as const,
  copy_of: null,
  viewer: { own: true },
};
const copy_of = { part: false, id: 'v1', author: { id: 'a1', handle: 'ada', display_name: 'Ada' } };

describe('what its owner is told of a clip', () => {
  it('is nothing of most', () => {
    expect(noteOf(video)).toBe(null);
  });

  it('is that it is held, before anything else', () => {
    expect(noteOf({ ...video, held: true })).toBe('held');
    expect(noteOf({ ...video, held: true, draft: true, copy_of })).toBe('held');
  });

  it('is that another shows the same, once it is live', () => {
    expect(noteOf({ ...video, copy_of })).toBe('copy');
    expect(noteOf({ ...video, copy_of: { ...copy_of, part: true } })).toBe('part');
    expect(noteOf({ ...video, copy_of, draft: true })).toBe(null);
    expect(noteOf({ ...video, copy_of, state: 'ended' })).toBe(null);
  });

  it('is never told to others', () => {
    expect(noteOf({ ...video, held: true, copy_of, viewer: { own: false } })).toBe(null);
  });
});
