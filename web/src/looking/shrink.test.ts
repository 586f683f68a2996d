import { describe, expect, it } from 'vitest';
import { LONG_PX_MAX, shrunkSize } from './shrink';

describe('the size that a picture is sent in', () => {
  it.each([
    [4032, 3024, 1024, 768],
    [3024, 4032, 768, 1024],
    [1024, 1024, 1024, 1024],
    [1025, 1024, 1024, 1023],
    [12000, 600, 1024, 51],
    [20000, 4, 1024, 1],
    [40, 30, 40, 30],
    [1, 1, 1, 1],
  ])('%i × %i becomes %i × %i', (width, height, wantedWidth, wantedHeight) => {
    expect(shrunkSize({ width, height }, LONG_PX_MAX)).toEqual({ width: wantedWidth, height: wantedHeight });
  });
});
