// What an image network makes of pictures after conversion is what another converter's file makes of
// them; a file that is damaged or another thing is refused.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { convertTflite } from '../tflite.mjs';
import { DRAWN, photographs, writePng } from './pictures.mjs';
import { filoscope, sharedPath } from './surroundings.mjs';

const NETWORK = 'models/mobilenet_v1_1.0_224_quant_embedding_extractor';
const COSINE_MIN = 0.999;
const PHOTOGRAPHS = 6;

const tflite = sharedPath(`${NETWORK}.tflite`);
const reference = sharedPath(`${NETWORK}.embed.onnx`);
const images = sharedPath('images');
const folder = mkdtempSync(join(tmpdir(), 'filoscope-tflite-'));
after(() => rmSync(folder, { recursive: true }));

const dot = (one, other) => one.reduce((sum, value, i) => sum + value * other[i], 0);

function featuresOf(model, files) {
  return JSON.parse(filoscope('vision', 'features', '--model', model, ...files));
}

test("an image network keeps its features' directions", { skip: !tflite || !reference }, () => {
  const pictures = [...Object.values(DRAWN), ...(images ? photographs(images, PHOTOGRAPHS) : [])];
  const files = pictures.map((picture, i) => join(folder, `${i}.png`));
  pictures.forEach((picture, i) => writePng(files[i], picture));
  const model = join(folder, 'converted.embed.onnx');
  writeFileSync(model, convertTflite(readFileSync(tflite), 'converted'));
  const [converted, expected] = [model, reference].map((file) => featuresOf(file, files));
  files.forEach((file, i) => assert.ok(dot(converted[i], expected[i]) > COSINE_MIN, file));
  assert.ok(dot(converted[0], converted[1]) < COSINE_MIN, 'all pictures look the same');
});

test('a file that is cut off or another thing is refused', { skip: !tflite }, () => {
  const whole = readFileSync(tflite);
  for (const size of [0, 3, 8, 1000, whole.length / 2]) {
    assert.throws(() => convertTflite(whole.subarray(0, size), 'cut'), `${size} bytes`);
  }
  assert.throws(() => convertTflite(Buffer.from('<html>not a network</html>'), 'text'), /this is no TFL3/);
});
