// Where on a picture its object most likely is: the box that the search begins with.
// Sources: Achanta et al., "Frequency-tuned Salient Region Detection", CVPR 2009 (distance in Lab
// between a pixel's surroundings, little blurred, and a mean of far more); Zhu et al., "Saliency
// Optimization from Robust Background Detection", CVPR 2014 (what has the border's colours is ground).

import type { Crop } from '../lib/types';
import { fitted, WHOLE } from './crop';

/** What a canvas gives: RGBA, row by row. */
export interface Pixels {
  data: ArrayLike<number>;
  width: number;
  height: number;
}

/** Pictures are looked at this small: enough for where, too little for what. */
export const LIKELY_PX = 64;
const MASS_SHARE = 0.75;
const PAD_SHARE = 0.06;
/** Differences in Lab below this are not seen as two colours. */
const CONTRAST_MIN = 6;
/**
 * In the box so many times as much must stand out as around it, on the same area: else it is
 * everywhere. No box is larger than 63 % of the picture for it, padded: those would leave out little.
 */
const DENSITY_MIN = 3;
/** How near in Lab a colour is one of the border's. */
const NEAR = 10;
/** A colour on so much of the border is the ground's; of one on half as much most is left. */
const BORDER_SHARE = 0.12;
/** What lies in a corner counts so much less than what lies in the middle. */
const PRIOR = 0.5;

type Plane = Float32Array;
type Lab = [Plane, Plane, Plane];
interface Size {
  width: number;
  height: number;
}

/** The box of the object, or the whole picture where nothing stands out. O(width * height²). */
export function likelyBox(pixels: Pixels): Crop {
  const { width, height } = pixels;
  if (width < 4 || height < 4) return WHOLE;
  const saliency = saliencyOf(pixels);
  const mean = saliency.reduce((sum, one) => sum + one, 0) / saliency.length;
  const peak = saliency.reduce((most, one) => Math.max(most, one), 0);
  if (peak < CONTRAST_MIN) return WHOLE;
  const above = saliency.map((one) => Math.max(0, one - mean));
  const tight = tightest(above, pixels, MASS_SHARE);
  const area = tight.width * tight.height;
  if (MASS_SHARE * (1 - area) < DENSITY_MIN * (1 - MASS_SHARE) * area) return WHOLE;
  return fitted({
    x: tight.x - PAD_SHARE * tight.width,
    y: tight.y - PAD_SHARE * tight.height,
    width: tight.width * (1 + 2 * PAD_SHARE),
    height: tight.height * (1 + 2 * PAD_SHARE),
  });
}

/** How much each pixel stands out, in Lab's units; 0 for the ground. */
export function saliencyOf(pixels: Pixels): Plane {
  const { width, height } = pixels;
  const lab = labOf(pixels);
  const fine = blurred(lab, pixels, 1);
  const ground = borderShares(fine, pixels);
  const long = Math.max(width, height);
  const scales = [
    distances(fine, blurred(lab, pixels, Math.ceil(long / 2))),
    distances(blurred(lab, pixels, 2), blurred(lab, pixels, Math.ceil(long / 4))),
  ];
  return ground.map((share, i) => {
    const x = ((i % width) + 0.5) / width - 0.5;
    const y = (Math.floor(i / width) + 0.5) / height - 0.5;
    const prior = 1 - PRIOR * Math.min(1, 2 * (x * x + y * y));
    const contrast = scales.reduce((sum, scale) => sum + (scale[i] ?? 0), 0) / scales.length;
    return contrast * Math.exp(-((share / BORDER_SHARE) ** 2)) * prior;
  });
}

/** sRGB to CIE Lab, white D65. */
function labOf({ data, width, height }: Pixels): Lab {
  const count = width * height;
  const planes: Lab = [new Float32Array(count), new Float32Array(count), new Float32Array(count)];
  const linear = (value = 0) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  };
  const bent = (t: number) => (t > 216 / 24389 ? Math.cbrt(t) : (t * 24389) / 27 / 116 + 16 / 116);
  for (let i = 0; i < count; i++) {
    const [r, g, b] = [linear(data[4 * i]), linear(data[4 * i + 1]), linear(data[4 * i + 2])];
    const x = bent((0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047);
    const y = bent(0.2126729 * r + 0.7151522 * g + 0.072175 * b);
    const z = bent((0.0193339 * r + 0.119192 * g + 0.9503041 * b) / 1.08883);
    planes[0][i] = 116 * y - 16;
    planes[1][i] = 500 * (x - y);
    planes[2][i] = 200 * (y - z);
  }
  return planes;
}

/** Sums of all above and left of each place; one column and row more than the plane. */
function sums(plane: ArrayLike<number>, { width, height }: Size): Float64Array {
  const total = new Float64Array((width + 1) * (height + 1));
  for (let y = 0; y < height; y++) {
    let row = 0;
    for (let x = 0; x < width; x++) {
      row += plane[y * width + x] ?? 0;
      total[(y + 1) * (width + 1) + x + 1] = (total[y * (width + 1) + x + 1] ?? 0) + row;
    }
  }
  return total;
}

/** The sum of columns `left` to `right` and rows `top` to `bottom`, the last ones not included. */
function within(
  total: Float64Array,
  width: number,
  left: number,
  top: number,
  right: number,
  bottom: number,
) {
  const at = (x: number, y: number) => total[y * (width + 1) + x] ?? 0;
  return at(right, bottom) - at(left, bottom) - at(right, top) + at(left, top);
}

/** Means of squares around each pixel; at the edge of what of it is there. */
function blurred(lab: Lab, size: Size, radius: number): Lab {
  const { width, height } = size;
  return lab.map((plane) => {
    const total = sums(plane, size);
    return plane.map((_, i) => {
      const [x, y] = [i % width, Math.floor(i / width)];
      const [left, top] = [Math.max(0, x - radius), Math.max(0, y - radius)];
      const [right, bottom] = [Math.min(width, x + radius + 1), Math.min(height, y + radius + 1)];
      return within(total, width, left, top, right, bottom) / ((right - left) * (bottom - top));
    });
  }) as Lab;
}

const squared = (a: Lab, i: number, b: Lab, j: number): number =>
  a.reduce((sum, plane, k) => sum + ((plane[i] ?? 0) - (b[k]?.[j] ?? 0)) ** 2, 0);

const distances = (a: Lab, b: Lab): Plane => a[0].map((_, i) => Math.sqrt(squared(a, i, b, i)));

/** How much of the border has about the colour of each pixel, 0..1. */
function borderShares(lab: Lab, { width, height }: Size): Plane {
  const border: number[] = [];
  for (let i = 0; i < width * height; i++) {
    const [x, y] = [i % width, Math.floor(i / width)];
    if (x === 0 || y === 0 || x === width - 1 || y === height - 1) border.push(i);
  }
  return lab[0].map((_, i) => {
    let near = 0;
    for (const j of border) near += Math.exp(-squared(lab, i, lab, j) / (2 * NEAR * NEAR));
    return near / border.length;
  });
}

/** The smallest box with `share` of all of the plane. */
function tightest(plane: Plane, size: Size, share: number): Crop {
  const { width, height } = size;
  const total = sums(plane, size);
  const wanted = within(total, width, 0, 0, width, height) * share;
  let best = { left: 0, top: 0, right: width, bottom: height };
  const area = (one: typeof best) => (one.right - one.left) * (one.bottom - one.top);
  for (let top = 0; top < height; top++) {
    for (let bottom = top + 1; bottom <= height; bottom++) {
      let left = 0;
      for (let right = 1; right <= width; right++) {
        while (left < right && within(total, width, left + 1, top, right, bottom) >= wanted) left++;
        if (within(total, width, left, top, right, bottom) < wanted) continue;
        const box = { left, top, right, bottom };
        if (area(box) < area(best)) best = box;
      }
    }
  }
  return {
    x: best.left / width,
    y: best.top / height,
    width: (best.right - best.left) / width,
    height: (best.bottom - best.top) / height,
  };
}
