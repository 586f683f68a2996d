import { describe, expect, it } from 'vitest';
import { beginAt, takeStart } from './start';

const clip = { id: 'a', duration_ms: 8000 };

describe('where a video begins', () => {
  it('is where the address says, once', () => {
    beginAt('a', 7.2);
    expect(takeStart({ id: 'b', duration_ms: 8000 })).toBe(0);
    expect(takeStart(clip)).toBe(7.2);
    expect(takeStart(clip)).toBe(0);
  });

  it('is its beginning when it is not so long', () => {
    beginAt('a', 8);
    expect(takeStart(clip)).toBe(0);
    expect(takeStart({ ...clip, duration_ms: 9000 })).toBe(0);
  });

  it('is its beginning for a page that says nothing', () => {
    beginAt('a', 3);
    beginAt('b', undefined);
    expect(takeStart(clip)).toBe(0);
  });
});
