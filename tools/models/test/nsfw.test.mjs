// What Filoscope makes of a picture with a converted network is what nsfwjs makes of it.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { convertNsfw, NETWORKS } from '../nsfw.mjs';
import { originalNetwork } from './original.mjs';
import { DRAWN, photographs, writePng } from './pictures.mjs';
import { filoscope, sharedPath } from './surroundings.mjs';

const CLASSES = ['drawing', 'hentai', 'neutral', 'porn', 'sexy'];
const APART_MAX = 0.001;
/** Of some share over the pictures: far above what is let pass, or equal answers would mean little. */
const SPREAD_MIN = 50 * APART_MAX;
const PHOTOGRAPHS = 6;

const folder = mkdtempSync(join(tmpdir(), 'filoscope-nsfw-'));
after(() => rmSync(folder, { recursive: true }));

const pictures = Object.values(DRAWN);
const images = sharedPath('images');
if (images) pictures.push(...photographs(images, PHOTOGRAPHS));
const files = pictures.map((picture, i) => join(folder, `${i}.png`));
pictures.forEach((picture, i) => writePng(files[i], picture));

for (const [name, exported] of Object.entries(NETWORKS)) {
  test(`${name} gives the shares that it gives in nsfwjs`, async () => {
    const model = join(folder, `${name}.safety.onnx`);
    writeFileSync(model, await convertNsfw(name));
    const answers = JSON.parse(filoscope('vision', 'safety', '--model', model, ...files));
    const original = await originalNetwork(name, exported);
    const all = pictures.map((picture) => original(picture));
    all.forEach((expected, i) => {
      CLASSES.forEach((word, at) => {
        const apart = Math.abs(answers[i][word] - expected[at]);
        assert.ok(apart <= APART_MAX, `${files[i]}, ${word}: ${answers[i][word]}, not ${expected[at]}`);
      });
    });
    const spread = CLASSES.map(
      (_, at) => Math.max(...all.map((one) => one[at])) - Math.min(...all.map((one) => one[at])),
    );
    assert.ok(Math.max(...spread) > SPREAD_MIN, `the pictures are all alike to it: ${spread}`);
  });
}
