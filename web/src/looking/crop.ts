// The part of a picture that is searched for, and how fingers, mice and keys change it. Everything
// is in shares of the picture's sides, from its upper left corner in every language.

import type { Crop } from '../lib/types';

export const WHOLE: Crop = { x: 0, y: 0, width: 1, height: 1 };
/** Less than this of a side shows too little to search for. */
export const SIDE_MIN = 0.08;
const KEY_STEP = 0.02;
/** The server is told four digits: the tenth of a pixel of what it is sent. */
const DIGITS = 1e4;

export type Corner = 'nw' | 'ne' | 'sw' | 'se';
/** What a finger has hold of: a corner, the box, or nothing yet. */
export type Grip = Corner | 'inside' | 'outside';
interface Point {
  x: number;
  y: number;
}

const clamp = (value: number, min: number, max: number): number => Math.max(min, Math.min(max, value));

export const isWhole = (crop: Crop): boolean =>
  crop.x <= 0.001 && crop.y <= 0.001 && crop.width >= 0.998 && crop.height >= 0.998;

/** What of one axis lies in the picture, and no less than is allowed. */
function side(from: number, to: number): [start: number, length: number] {
  const start = clamp(from, 0, 1);
  const length = clamp(to, 0, 1) - start;
  if (length >= SIDE_MIN) return [start, length];
  return [clamp((from + to - SIDE_MIN) / 2, 0, 1 - SIDE_MIN), SIDE_MIN];
}

/** What of a box lies in the picture; a box too small grows around its middle. */
export function fitted(crop: Crop): Crop {
  const [x, width] = side(crop.x, crop.x + crop.width);
  const [y, height] = side(crop.y, crop.y + crop.height);
  return { x, y, width, height };
}

/** By so much, and no further than the edge. */
export const moved = (crop: Crop, by: Point): Crop => ({
  ...crop,
  x: clamp(crop.x + by.x, 0, 1 - crop.width),
  y: clamp(crop.y + by.y, 0, 1 - crop.height),
});

/** The corner goes where the finger is; the one across stays, which it never passes. */
export function resized(crop: Crop, corner: Corner, by: Point): Crop {
  const [x, width] = pulled(crop.x, crop.width, by.x, corner.endsWith('w'));
  const [y, height] = pulled(crop.y, crop.height, by.y, corner.startsWith('n'));
  return { x, y, width, height };
}

/** One side by its first or its last edge. */
function pulled(from: number, length: number, by: number, first: boolean): [from: number, length: number] {
  if (!first) return [from, clamp(length + by, SIDE_MIN, 1 - from)];
  const end = from + length;
  const start = clamp(from + by, 0, end - SIDE_MIN);
  return [start, end - start];
}

/** A new box from where the finger came down to where it is. */
export function drawn(from: Point, to: Point): Crop {
  const grow = (a: number, b: number): [number, number] => {
    const start = clamp(a, 0, 1);
    const end = clamp(b, 0, 1);
    const length = Math.max(SIDE_MIN, Math.abs(end - start));
    return [clamp(end < start ? start - length : start, 0, 1 - length), length];
  };
  const [x, width] = grow(from.x, to.x);
  const [y, height] = grow(from.y, to.y);
  return { x, y, width, height };
}

/**
 * What lies under a finger. `reach` is how far from a corner, in shares of the picture, it still
 * takes hold of that; of a small box the middle third is left to move it by. The whole picture has
 * nowhere to go: in it a new box is drawn.
 */
export function gripAt(crop: Crop, at: Point, reach: Point): Grip {
  const near = (from: number, length: number, value: number, far: number): '<' | '>' | '=' | null => {
    const inwards = Math.min(far, length / 3);
    if (value >= from - far && value <= from + inwards) return '<';
    if (value >= from + length - inwards && value <= from + length + far) return '>';
    return value > from && value < from + length ? '=' : null;
  };
  const across = near(crop.x, crop.width, at.x, reach.x);
  const down = near(crop.y, crop.height, at.y, reach.y);
  if (across === null || down === null) return 'outside';
  if (across !== '=' && down !== '=') return `${down === '<' ? 'n' : 's'}${across === '<' ? 'w' : 'e'}`;
  const within = (from: number, length: number, value: number) => value >= from && value <= from + length;
  const inside = within(crop.x, crop.width, at.x) && within(crop.y, crop.height, at.y);
  return inside && !isWhole(crop) ? 'inside' : 'outside';
}

/** What a finger that has come from `from` to `to` makes of the box that it found. */
export function dragged(crop: Crop, grip: Grip, from: Point, to: Point): Crop {
  if (grip === 'outside') return drawn(from, to);
  const by = { x: to.x - from.x, y: to.y - from.y };
  return grip === 'inside' ? moved(crop, by) : resized(crop, grip, by);
}

const ARROWS: Record<string, Point> = {
  ArrowLeft: { x: -KEY_STEP, y: 0 },
  ArrowRight: { x: KEY_STEP, y: 0 },
  ArrowUp: { x: 0, y: -KEY_STEP },
  ArrowDown: { x: 0, y: KEY_STEP },
};

/** Arrows move the box; with Shift they move its right and lower edge. Null: the key means nothing here. */
export function keyed(crop: Crop, key: string, shift: boolean): Crop | null {
  const by = ARROWS[key];
  if (!by) return null;
  return shift ? grown(crop, by) : moved(crop, by);
}

/** Larger or smaller by so much; at the edge it grows towards the other one. */
function grown(crop: Crop, by: Point): Crop {
  const width = clamp(crop.width + by.x, SIDE_MIN, 1);
  const height = clamp(crop.height + by.y, SIDE_MIN, 1);
  return { x: Math.min(crop.x, 1 - width), y: Math.min(crop.y, 1 - height), width, height };
}

/** As the server is told, null for the whole picture. Its edges never lie outside. */
export function told(crop: Crop): Crop | null {
  if (isWhole(crop)) return null;
  const edges = (from: number, length: number): [number, number] => {
    const start = Math.round(clamp(from, 0, 1) * DIGITS);
    const end = Math.round(clamp(from + length, 0, 1) * DIGITS);
    return [start / DIGITS, (end - start) / DIGITS];
  };
  const [x, width] = edges(crop.x, crop.width);
  const [y, height] = edges(crop.y, crop.height);
  return { x, y, width, height };
}

/** The same in an address. */
export const asText = (crop: Crop): string => [crop.x, crop.y, crop.width, crop.height].join(',');
