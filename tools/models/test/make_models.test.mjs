// What set-up makes is made once, is whole, and needs no network but for visual search's.

import assert from 'node:assert/strict';
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';

import { makeModels } from '../make_models.mjs';
import { sharedPath } from './surroundings.mjs';

const EMBEDDER = 'mobilenet_v1_1.0_224_quant_embedding_extractor';
const tflite = sharedPath(`models/${EMBEDDER}.tflite`);
const withoutNetwork = () => Promise.reject(new TypeError('fetch failed', { cause: new Error('no route') }));
const answering = (bytes) => () => Promise.resolve(new Response(bytes));

let folder, said;
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'filoscope-make-')), 'models');
  said = [];
});
afterEach(() => rmSync(join(folder, '..'), { recursive: true }));

const make = (fetch) => makeModels(folder, { fetch, say: (line) => said.push(line) });
const namesMade = () => said.filter((line) => line.endsWith(' is made.')).map((line) => line.split('.')[0]);
const madeAt = (name) => statSync(join(folder, `${name}.safety.onnx`), { bigint: true }).mtimeNs;

test('without a network the classifiers are made, and one line tells of the rest', async () => {
  await make(withoutNetwork);
  assert.deepEqual(namesMade(), ['mobilenet_v2', 'mobilenet_v2_mid']);
  assert.equal(said.length, 3);
  assert.match(said[2], /could not be fetched \(no route\); the next start tries again/);
  assert.deepEqual(readdirSync(folder).sort(), [
    'made_from.json',
    'mobilenet_v2.safety.onnx',
    'mobilenet_v2_mid.safety.onnx',
  ]);
});

test('what is there and whole is left alone, what is not is made again', async () => {
  await make(withoutNetwork);
  const [one, other] = [madeAt('mobilenet_v2'), madeAt('mobilenet_v2_mid')];
  const whole = readFileSync(join(folder, 'mobilenet_v2.safety.onnx'));
  truncateSync(join(folder, 'mobilenet_v2.safety.onnx'), 1000);
  said = [];
  await make(withoutNetwork);
  assert.deepEqual(namesMade(), ['mobilenet_v2']);
  assert.notEqual(madeAt('mobilenet_v2'), one);
  assert.equal(madeAt('mobilenet_v2_mid'), other);
  assert.deepEqual(readFileSync(join(folder, 'mobilenet_v2.safety.onnx')), whole);
});

test('what another converter made is made again', async () => {
  await make(withoutNetwork);
  const stamps = JSON.parse(readFileSync(join(folder, 'made_from.json'), 'utf8'));
  stamps['mobilenet_v2_mid.safety.onnx'].source = 'another';
  writeFileSync(join(folder, 'made_from.json'), JSON.stringify(stamps));
  said = [];
  await make(withoutNetwork);
  assert.deepEqual(namesMade(), ['mobilenet_v2_mid']);
});

test('what an ended process left half written goes, what a running one writes stays', async () => {
  await make(withoutNetwork);
  writeFileSync(join(folder, `a.safety.onnx.${2 ** 22 + 1}.part`), 'x'); // above Linux's highest number
  writeFileSync(join(folder, `b.safety.onnx.${process.pid}.part`), 'x');
  await make(withoutNetwork);
  const parts = readdirSync(folder).filter((name) => name.endsWith('.part'));
  assert.deepEqual(parts, [`b.safety.onnx.${process.pid}.part`]);
});

test('another file than the one that is known is not taken', async () => {
  await make(answering('<html>'));
  assert.match(said[2], /what came is another file/);
  assert.ok(!readdirSync(folder).some((name) => name.endsWith('.embed.onnx')));
  said = [];
  await make(() => Promise.resolve(new Response('', { status: 404 })));
  assert.match(said[0], /the server answers 404/);
});

test('visual search gets its network when there is a way to it, once', { skip: !tflite }, async () => {
  await make(withoutNetwork);
  said = [];
  await make(answering(readFileSync(tflite)));
  assert.deepEqual(said, [`${EMBEDDER}.embed.onnx is made.`]);
  await make(() => assert.fail('it is fetched again'));
});
