import { describe, expect, it } from 'vitest';
import { beginAt, takeStart } from './start';

const entry = (id: string, duration_ms = 8000) => ({ video: { id, duration_ms } });

describe('where a video begins', () => {
  it('is where the address says, once', () => {
    beginAt('a', 7.2);
    expect(takeStart(entry('b'))).toBe(0);
    expect(takeStart(entry('a'))).toBe(7.2);
    expect(takeStart(entry('a'))).toBe(0);
  });

  it('is its beginning when it is not so long', () => {
    beginAt('a', 8);
    expect(takeStart(entry('a'))).toBe(0);
    expect(takeStart(entry('a', 9000))).toBe(0);
  });

  it('is its beginning for a page that says nothing', () => {
    beginAt('a', 3);
    beginAt('b', undefined);
    expect(takeStart(entry('a'))).toBe(0);
  });

  it('is its moment in a list of moments, each time; the address goes before it', () => {
    const found = { ...entry('a'), match: { at_ms: 2500 } };
    beginAt('a', 7.2);
    expect([takeStart(found), takeStart(found), takeStart(found)]).toEqual([7.2, 2.5, 2.5]);
    expect(takeStart({ ...entry('a', 2500), match: { at_ms: 2500 } })).toBe(0);
  });
});
