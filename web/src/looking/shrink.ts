// A picture as it is sent: upright, no larger than the search can use, a JPEG without anything of
// the file it came from (no place, no camera), and where on it the object likely is. Runs in a
// worker (shrinker.ts) and, where there is none, on the page.

import type { Crop } from '../lib/types';
import { LIKELY_PX, likelyBox } from './likely';

export const LONG_PX_MAX = 1024;
const QUALITY = 0.85;

export interface Shrunk {
  file: Blob;
  width: number;
  height: number;
  likely: Crop;
}

interface Size {
  width: number;
  height: number;
}

/** As large as `longMax` lets the long side be, never larger than it is, and no side of nothing. */
export function shrunkSize({ width, height }: Size, longMax: number): Size {
  const scale = Math.min(1, longMax / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/** Throws where the browser cannot read the picture. */
export async function shrunk(from: Blob | ImageBitmap): Promise<Shrunk> {
  const bitmap = from instanceof Blob ? await decoded(from) : from;
  const size = shrunkSize(bitmap, LONG_PX_MAX);
  const { canvas } = painted(bitmap, size);
  if (bitmap !== from) bitmap.close();
  const small = shrunkSize(size, LIKELY_PX);
  const { paper } = painted(canvas, small);
  const likely = likelyBox(paper.getImageData(0, 0, small.width, small.height));
  return { file: await asJpeg(canvas), ...size, likely };
}

async function decoded(file: Blob): Promise<ImageBitmap> {
  try {
    return await createImageBitmap(file, { imageOrientation: 'from-image' });
  } catch (error) {
    // Older browsers turn it upright by themselves and refuse the word for it.
    if (error instanceof TypeError) return createImageBitmap(file);
    throw error;
  }
}

type Canvas = OffscreenCanvas | HTMLCanvasElement;
type Paper = OffscreenCanvasRenderingContext2D | CanvasRenderingContext2D;

/** Pixels are averaged and not left out only as far as a half: a long way is gone in such steps. */
function painted(from: ImageBitmap | Canvas, { width, height }: Size): { canvas: Canvas; paper: Paper } {
  let source = from;
  while (source.width > 2 * width && source.height > 2 * height) {
    const half = { width: Math.ceil(source.width / 2), height: Math.ceil(source.height / 2) };
    source = drawnOn(half, source).canvas;
  }
  return drawnOn({ width, height }, source);
}

function drawnOn({ width, height }: Size, source: ImageBitmap | Canvas): { canvas: Canvas; paper: Paper } {
  const canvas =
    'OffscreenCanvas' in globalThis
      ? new OffscreenCanvas(width, height)
      : Object.assign(document.createElement('canvas'), { width, height });
  const paper = canvas.getContext('2d') as Paper | null;
  if (!paper) throw new Error('no canvas');
  // What is transparent is on white, as pages show it.
  paper.fillStyle = '#fff';
  paper.fillRect(0, 0, width, height);
  paper.imageSmoothingQuality = 'high';
  paper.drawImage(source, 0, 0, width, height);
  return { canvas, paper };
}

function asJpeg(canvas: Canvas): Promise<Blob> {
  const type = 'image/jpeg';
  if ('convertToBlob' in canvas) return canvas.convertToBlob({ type, quality: QUALITY });
  return new Promise((resolve, reject) =>
    canvas.toBlob((file) => (file ? resolve(file) : reject(new Error('no picture'))), type, QUALITY),
  );
}
