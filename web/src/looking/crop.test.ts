import { describe, expect, it } from 'vitest';
import type { Crop } from '../lib/types';
import {
  asText,
  dragged,
  drawn,
  fitted,
  gripAt,
  isWhole,
  keyed,
  moved,
  resized,
  SIDE_MIN,
  told,
  WHOLE,
  type Corner,
} from './crop';

const BOX: Crop = { x: 0.2, y: 0.3, width: 0.4, height: 0.5 };
const REACH = { x: 0.05, y: 0.05 };

/** To nine digits: shares are sums of shares. */
const close = (crop: Crop) =>
  Object.fromEntries(Object.entries(crop).map(([key, value]) => [key, Number(value.toFixed(9))]));

function expectInside({ x, y, width, height }: Crop): void {
  const slack = 1e-9;
  for (const [from, length] of [
    [x, width],
    [y, height],
  ] as const) {
    expect(from).toBeGreaterThanOrEqual(0);
    expect(length).toBeGreaterThanOrEqual(SIDE_MIN - slack);
    expect(from + length).toBeLessThanOrEqual(1 + slack);
  }
}

describe('the crop box', () => {
  it('moves with the finger and stops at the edges with its size', () => {
    expect(close(moved(BOX, { x: 0.1, y: -0.1 }))).toEqual({ x: 0.3, y: 0.2, width: 0.4, height: 0.5 });
    expect(close(moved(BOX, { x: 9, y: -9 }))).toEqual({ x: 0.6, y: 0, width: 0.4, height: 0.5 });
  });

  it.each<[Corner, Crop]>([
    ['nw', { x: 0.1, y: 0.2, width: 0.5, height: 0.6 }],
    ['ne', { x: 0.2, y: 0.2, width: 0.3, height: 0.6 }],
    ['sw', { x: 0.1, y: 0.3, width: 0.5, height: 0.4 }],
    ['se', { x: 0.2, y: 0.3, width: 0.3, height: 0.4 }],
  ])('is resized by its corner %s while the one across stays', (corner, wanted) => {
    expect(close(resized(BOX, corner, { x: -0.1, y: -0.1 }))).toEqual(wanted);
  });

  it.each<Corner>(['nw', 'ne', 'sw', 'se'])('never gets too small or leaves the picture by %s', (corner) => {
    const across = (box: Crop) => [
      corner.endsWith('w') ? box.x + box.width : box.x,
      corner.startsWith('n') ? box.y + box.height : box.y,
    ];
    for (const x of [-2, 2]) {
      for (const y of [-2, 2]) {
        const box = resized(BOX, corner, { x, y });
        expectInside(box);
        across(box).forEach((edge, axis) => expect(edge).toBeCloseTo(across(BOX)[axis] ?? NaN));
      }
    }
  });

  it('is drawn in every direction, also from and to outside of the picture', () => {
    const wanted = { x: 0.3, y: 0.4, width: 0.2, height: 0.3 };
    expect(close(drawn({ x: 0.3, y: 0.4 }, { x: 0.5, y: 0.7 }))).toEqual(wanted);
    expect(close(drawn({ x: 0.5, y: 0.7 }, { x: 0.3, y: 0.4 }))).toEqual(wanted);
    expect(close(drawn({ x: -0.2, y: 0.5 }, { x: 0.5, y: 3 }))).toEqual({
      x: 0,
      y: 0.5,
      width: 0.5,
      height: 0.5,
    });
    for (const at of [0, 0.01, 0.5, 0.99, 1]) {
      expectInside(drawn({ x: at, y: at }, { x: at, y: at }));
      expectInside(drawn({ x: at, y: at }, { x: at - 0.01, y: at + 0.01 }));
    }
  });

  it('is fitted into the picture from any numbers', () => {
    expect(close(fitted(BOX))).toEqual(BOX);
    expect(close(fitted({ x: -0.1, y: 0.3, width: 0.4, height: 0.9 }))).toEqual({
      x: 0,
      y: 0.3,
      width: 0.3,
      height: 0.7,
    });
    expect(fitted({ x: -1, y: -1, width: 3, height: 3 })).toEqual(WHOLE);
    const small = fitted({ x: 0.5, y: 0.995, width: 0.02, height: 0.002 });
    expectInside(small);
    expect(small.x + small.width / 2).toBeCloseTo(0.51);
  });

  it('is taken by its corners, by its middle, or drawn anew', () => {
    expect(gripAt(BOX, { x: 0.2, y: 0.3 }, REACH)).toBe('nw');
    expect(gripAt(BOX, { x: 0.64, y: 0.27 }, REACH)).toBe('ne');
    expect(gripAt(BOX, { x: 0.16, y: 0.84 }, REACH)).toBe('sw');
    expect(gripAt(BOX, { x: 0.57, y: 0.77 }, REACH)).toBe('se');
    expect(gripAt(BOX, { x: 0.4, y: 0.5 }, REACH)).toBe('inside');
    expect(gripAt(BOX, { x: 0.4, y: 0.31 }, REACH)).toBe('inside');
    expect(gripAt(BOX, { x: 0.4, y: 0.27 }, REACH)).toBe('outside');
    expect(gripAt(BOX, { x: 0.05, y: 0.05 }, REACH)).toBe('outside');
  });

  it('is drawn anew in the whole picture, whose corners can be taken all the same', () => {
    expect(gripAt(WHOLE, { x: 0.5, y: 0.5 }, REACH)).toBe('outside');
    expect(gripAt(WHOLE, { x: 0.97, y: 1.02 }, REACH)).toBe('se');
  });

  it('can be moved however small it is', () => {
    const small = { x: 0.4, y: 0.4, width: SIDE_MIN, height: SIDE_MIN };
    expect(gripAt(small, { x: 0.44, y: 0.44 }, { x: 0.1, y: 0.1 })).toBe('inside');
    expect(gripAt(small, { x: 0.41, y: 0.47 }, { x: 0.1, y: 0.1 })).toBe('sw');
  });

  it('follows a finger by what it has hold of', () => {
    const [from, to] = [
      { x: 0.4, y: 0.5 },
      { x: 0.5, y: 0.4 },
    ];
    expect(close(dragged(BOX, 'inside', from, to))).toEqual({ x: 0.3, y: 0.2, width: 0.4, height: 0.5 });
    expect(close(dragged(BOX, 'ne', from, to))).toEqual({ x: 0.2, y: 0.2, width: 0.5, height: 0.6 });
    expect(close(dragged(BOX, 'outside', from, to))).toEqual({ x: 0.4, y: 0.4, width: 0.1, height: 0.1 });
  });

  it('is moved by arrows in steps of 2 % and resized with Shift', () => {
    expect(close(keyed(BOX, 'ArrowRight', false) ?? WHOLE)).toEqual({ ...BOX, x: 0.22 });
    expect(close(keyed(BOX, 'ArrowUp', false) ?? WHOLE)).toEqual({ ...BOX, y: 0.28 });
    expect(close(keyed(BOX, 'ArrowLeft', true) ?? WHOLE)).toEqual({ ...BOX, width: 0.38 });
    expect(close(keyed(BOX, 'ArrowDown', true) ?? WHOLE)).toEqual({ ...BOX, height: 0.52 });
    expect(keyed(BOX, 'Enter', false)).toBeNull();
  });

  it('can be made the whole picture and the smallest box by keys alone', () => {
    const pressed = (key: string, box: Crop) => keyed(box, key, true) ?? box;
    let box = BOX;
    for (let i = 0; i < 60; i++) box = pressed('ArrowDown', pressed('ArrowRight', box));
    expect(isWhole(box)).toBe(true);
    for (let i = 0; i < 60; i++) box = pressed('ArrowUp', pressed('ArrowLeft', box));
    expectInside(box);
    expect([box.width, box.height]).toEqual([SIDE_MIN, SIDE_MIN]);
  });

  it('is told with four digits, never past the edge, and not at all when it is the whole', () => {
    expect(told(WHOLE)).toBeNull();
    expect(told({ x: 0.0004, y: 0, width: 0.9995, height: 1 })).toBeNull();
    const box = told({ x: 1 / 3, y: 0.123456, width: 2 / 3, height: 0.2 });
    expect(box).toEqual({ x: 0.3333, y: 0.1235, width: 0.6667, height: 0.2 });
    for (let i = 0; i < 500; i++) {
      const x = (i * 0.6180339887) % 0.9;
      const one = told({ x, y: 0.5, width: 1 - x, height: 0.5 });
      expect((one?.x ?? 0) + (one?.width ?? 0)).toBeLessThanOrEqual(1);
    }
    expect(asText({ x: 0.1, y: 0, width: 0.25, height: 0.5 })).toBe('0.1,0,0.25,0.5');
  });
});
