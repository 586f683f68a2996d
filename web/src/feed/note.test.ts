import { describe, expect, it } from 'vitest';
import { notesOf } from './note';

const video = {
  held: false,
  sensitive: false,
  draft: false,
  state: 'published' as const,
  copy_of: null,
  viewer: { own: true },
};
const copy_of = { part: false, id: 'v1', author: { id: 'a1', handle: 'ada', display_name: 'Ada' } };

describe('what its owner is told of a clip', () => {
  it('is nothing of most', () => {
    expect(notesOf(video)).toEqual([]);
  });

  it('is that it is held, and then nothing else', () => {
    expect(notesOf({ ...video, held: true })).toEqual(['held']);
    expect(notesOf({ ...video, held: true, sensitive: true, draft: true, copy_of })).toEqual(['held']);
  });

  it('is that it is limited, once it is live', () => {
    expect(notesOf({ ...video, sensitive: true })).toEqual(['limited']);
    expect(notesOf({ ...video, sensitive: true, draft: true })).toEqual([]);
  });

  it('is that another shows the same, once it is live', () => {
    expect(notesOf({ ...video, copy_of })).toEqual(['copy']);
    expect(notesOf({ ...video, copy_of: { ...copy_of, part: true } })).toEqual(['part']);
    expect(notesOf({ ...video, copy_of, draft: true })).toEqual([]);
    expect(notesOf({ ...video, copy_of, state: 'ended' })).toEqual([]);
  });

  it('may be both', () => {
    expect(notesOf({ ...video, sensitive: true, copy_of })).toEqual(['limited', 'copy']);
  });

  it('is never told to others', () => {
    const told = { ...video, held: true, sensitive: true, copy_of };
    expect(notesOf({ ...told, viewer: { own: false } })).toEqual([]);
  });
});
