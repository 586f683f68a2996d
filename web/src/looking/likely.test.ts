import { describe, expect, it } from 'vitest';
import type { Crop } from '../lib/types';
import { WHOLE } from './crop';
import { likelyBox, type Pixels } from './likely';

type Colour = [red: number, green: number, blue: number];

function drawn(width: number, height: number, colour: (x: number, y: number) => Colour): Pixels {
  const data = new Uint8ClampedArray(4 * width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) data.set([...colour(x, y), 255], 4 * (y * width + x));
  }
  return { data, width, height };
}

/** The same numbers every time. */
function noise(): () => number {
  let state = 7;
  return () => (state = (state * 16807) % 2147483647) / 2147483647;
}

const GREY: Colour = [128, 130, 126];
const RED: Colour = [200, 30, 40];

/** Of two boxes: what they share by what they cover together. */
function overlap(a: Crop, b: Crop): number {
  const length = (from: number, size: number, other: number, otherSize: number) =>
    Math.max(0, Math.min(from + size, other + otherSize) - Math.max(from, other));
  const both = length(a.x, a.width, b.x, b.width) * length(a.y, a.height, b.y, b.height);
  return both / (a.width * a.height + b.width * b.height - both);
}

const inside = (box: Crop, x: number, y: number) =>
  x >= box.x && x <= box.x + box.width && y >= box.y && y <= box.y + box.height;

describe('the likely box', () => {
  it.each<[string, number, number, Crop]>([
    ['a square', 64, 64, { x: 0.5, y: 0.4, width: 0.3, height: 0.3 }],
    ['upright', 36, 64, { x: 0.2, y: 0.15, width: 0.5, height: 0.4 }],
    ['lying', 64, 36, { x: 0.1, y: 0.3, width: 0.25, height: 0.5 }],
    ['a panorama', 64, 12, { x: 0.6, y: 0.2, width: 0.2, height: 0.6 }],
  ])('is around what has another colour than the ground: %s', (_, width, height, object) => {
    const box = likelyBox(
      drawn(width, height, (x, y) => (inside(object, (x + 0.5) / width, (y + 0.5) / height) ? RED : GREY)),
    );
    expect(overlap(box, object)).toBeGreaterThan(0.6);
  });

  it('is around an object between two grounds, of which neither is one', () => {
    const object = { x: 0.35, y: 0.3, width: 0.3, height: 0.4 };
    const box = likelyBox(
      drawn(64, 64, (x, y) => {
        if (inside(object, (x + 0.5) / 64, (y + 0.5) / 64)) return [230, 200, 40];
        return y < 30 ? [110, 160, 220] : [60, 110, 50];
      }),
    );
    expect(overlap(box, object)).toBeGreaterThan(0.6);
  });

  it('is around an object that stands on the lower edge', () => {
    const object = { x: 0.4, y: 0.45, width: 0.2, height: 0.55 };
    const box = likelyBox(
      drawn(64, 64, (x, y) => (inside(object, (x + 0.5) / 64, (y + 0.5) / 64) ? RED : GREY)),
    );
    expect(overlap(box, object)).toBeGreaterThan(0.5);
  });

  it('is around an object on a ground that is not smooth', () => {
    const random = noise();
    const object = { x: 0.25, y: 0.25, width: 0.3, height: 0.35 };
    const box = likelyBox(
      drawn(64, 64, (x, y) => {
        const [r, g, b] = inside(object, (x + 0.5) / 64, (y + 0.5) / 64) ? RED : GREY;
        const off = 40 * (random() - 0.5);
        return [r + off, g + off, b + off];
      }),
    );
    expect(overlap(box, object)).toBeGreaterThan(0.5);
  });

  it('prefers of two alike the one in the middle', () => {
    const box = likelyBox(
      drawn(64, 64, (x, y) => {
        const middle = Math.hypot(x - 36, y - 36) < 11;
        return middle || Math.hypot(x - 9, y - 9) < 7 ? RED : GREY;
      }),
    );
    expect(inside(box, 0.5, 0.5)).toBe(true);
    expect(inside(box, 0.19, 0.19)).toBe(false);
  });

  it.each<[string, (x: number, y: number, random: () => number) => Colour]>([
    ['one colour', () => GREY],
    ['hardly two colours', (x) => (x > 24 && x < 40 ? [130, 132, 128] : GREY)],
    ['a slope', (x) => [2 * x, 2 * x, 2 * x]],
    ['noise', (_x, _y, random) => [255 * random(), 255 * random(), 255 * random()]],
    ['stripes', (x) => (x % 16 < 8 ? RED : GREY)],
    ['an object that fills it', (x, y) => (Math.min(x, y, 63 - x, 63 - y) < 2 ? GREY : RED)],
  ])('is the whole picture where nothing stands out: %s', (_, colour) => {
    const random = noise();
    expect(likelyBox(drawn(64, 64, (x, y) => colour(x, y, random)))).toEqual(WHOLE);
  });

  it('is the whole of a picture that is next to nothing', () => {
    expect(likelyBox(drawn(1, 1, () => RED))).toEqual(WHOLE);
    expect(likelyBox(drawn(64, 2, (x) => (x < 9 ? RED : GREY)))).toEqual(WHOLE);
  });

  it('is found while a person does not notice', () => {
    const picture = drawn(64, 64, (x, y) => (Math.hypot(x - 30, y - 30) < 9 ? RED : GREY));
    likelyBox(picture);
    const from = performance.now();
    likelyBox(picture);
    expect(performance.now() - from).toBeLessThan(1000);
  });
});
