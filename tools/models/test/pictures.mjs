// Pictures for the tests: `{ width, height, rgb }`, and PNG files of them, so that two programs see
// the very same pixels.

import { execFileSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';

/** `colour` gives red, green and blue, 0..255, of a place. */
export function drawn(width, height, colour) {
  const rgb = new Uint8Array(3 * width * height);
  for (let y = 0; y < height; ++y) {
    for (let x = 0; x < width; ++x) rgb.set(colour(x / width, y / height), 3 * (y * width + x));
  }
  return { width, height, rgb };
}

/** Numbers of 0..255 that look drawn by lot, the same ones every time (Numerical Recipes' generator). */
function lots(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  };
}

const lot = lots(7);
const wave = (place) => 127 + 120 * Math.sin(place);

/** By name, in sizes that are shrunk, stretched and taken as they are. */
export const DRAWN = {
  gradient: drawn(640, 360, (x, y) => [255 * x, 255 * y, 255 * (1 - x)]),
  noise: drawn(224, 224, () => [lot(), lot(), lot()]),
  rings: drawn(300, 500, (x, y) => {
    const far = Math.hypot(x - 0.4, y - 0.6);
    return [wave(40 * far), wave(25 * far + 1), wave(10 * far + 2)];
  }),
  skin: drawn(97, 161, (x, y) => (Math.hypot(x - 0.5, (y - 0.5) / 2) < 0.3 ? [224, 172, 140] : [60, 70, 90])),
  small: drawn(5, 3, () => [lot(), lot(), lot()]),
  white: drawn(400, 400, () => [255, 255, 255]),
};

function chunk(kind, data) {
  const body = Buffer.concat([Buffer.from(kind), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

/** Source: PNG (W3C), 8 bits, true colour, no filter. */
export function writePng(file, { width, height, rgb }) {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const rows = [];
  for (let y = 0; y < height; ++y) {
    rows.push(Buffer.of(0), rgb.subarray(3 * y * width, 3 * (y + 1) * width));
  }
  const signature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
  const parts = [
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(Buffer.concat(rows))),
    chunk('IEND', Buffer.alloc(0)),
  ];
  writeFileSync(file, Buffer.concat([signature, ...parts]));
}

/** Up to `count` of the JPEGs of a folder, evenly spread, in the size they have. */
export function photographs(folder, count) {
  const files = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.jpg'));
  files.sort();
  const step = Math.max(1, Math.floor(files.length / count));
  return files
    .filter((_, i) => i % step === 0)
    .slice(0, count)
    .map((name) => readPhotograph(join(folder, name)));
}

function readPhotograph(file) {
  const words = ['-v', 'error', '-i', file, '-f', 'image2pipe', '-c:v', 'ppm', '-pix_fmt', 'rgb24', '-'];
  const ppm = execFileSync('ffmpeg', words, { maxBuffer: 1 << 28 });
  const [head, width, height] = /^P6\s(\d+)\s(\d+)\s255\s/.exec(ppm.subarray(0, 64).toString('latin1'));
  return { width: Number(width), height: Number(height), rgb: new Uint8Array(ppm.subarray(head.length)) };
}
