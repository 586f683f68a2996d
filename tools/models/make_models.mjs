// Makes the networks that Filoscope runs: node tools/models/make_models.mjs DIR
// Each is written by another name and renamed, so that what is there is whole. One that is there and
// was made by this converter of the same package is left alone.

import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { convertNsfw, NETWORKS } from './nsfw.mjs';
import { convertTflite } from './tflite.mjs';

const STAMPS = 'made_from.json';
const PART = /\.(\d+)\.part$/;
const SOURCES = ['onnx.mjs', 'layers.mjs', 'nsfw.mjs', 'flatbuffers.mjs', 'tflite.mjs', 'package-lock.json'];
const DOWNLOAD_MS_MAX = 60_000;

/** The network of visual search, of the test data of google-coral. */
const EMBEDDER = {
  name: 'mobilenet_v1_1.0_224_quant_embedding_extractor',
  url: 'https://raw.githubusercontent.com/google-coral/test_data/104342d2d3480b3e66203073dac24f4e2dbb4c41/mobilenet_v1_1.0_224_quant_embedding_extractor.tflite',
  sha256: 'f409ef4f73fcbb9667841965623c5c8524aac33d41b9bf5f3667161fb4a76319',
};

const hashOf = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** Of all that a network's file depends on, but for what is downloaded, whose hash is in here. */
function sourceHash() {
  const texts = [...SOURCES, 'make_models.mjs'].map((name) => readFileSync(new URL(name, import.meta.url)));
  return hashOf(Buffer.concat(texts));
}

/** Undefined where there is no such file, or another thing. */
function attempt(read) {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** What was made of which source, and how long it was. */
class Stamps {
  #folder;
  #source = sourceHash();
  #all;

  constructor(folder) {
    this.#folder = folder;
    this.#all = attempt(() => JSON.parse(readFileSync(join(folder, STAMPS), 'utf8'))) ?? {};
  }

  isCurrent(file) {
    const { source, bytes } = this.#all[file] ?? {};
    return source === this.#source && bytes === attempt(() => statSync(join(this.#folder, file)).size);
  }

  write(file, content) {
    writeWhole(this.#folder, file, content);
    this.#all[file] = { source: this.#source, bytes: content.length };
    writeWhole(this.#folder, STAMPS, JSON.stringify(this.#all, null, 2));
  }
}

function writeWhole(folder, name, content) {
  const part = join(folder, `${name}.${process.pid}.part`);
  writeFileSync(part, content);
  renameSync(part, join(folder, name));
}

const isRunning = (processId) => attempt(() => process.kill(processId, 0)) ?? false;

/** What a process that was ended while it wrote has left. */
function removeParts(folder) {
  for (const name of readdirSync(folder)) {
    const [, writer] = PART.exec(name) ?? [];
    if (writer && !isRunning(Number(writer))) rmSync(join(folder, name));
  }
}

async function downloadedEmbedder(fetch) {
  const answer = await fetch(EMBEDDER.url, { signal: AbortSignal.timeout(DOWNLOAD_MS_MAX) });
  if (!answer.ok) throw new Error(`the server answers ${answer.status}`);
  const bytes = Buffer.from(await answer.arrayBuffer());
  if (hashOf(bytes) !== EMBEDDER.sha256) throw new Error('what came is another file');
  return bytes;
}

/** Makes in `folder` what is not there; `say` is told each thing that was done, or could not be. */
export async function makeModels(folder, { fetch = globalThis.fetch, say = console.log } = {}) {
  mkdirSync(folder, { recursive: true });
  removeParts(folder);
  const stamps = new Stamps(folder);
  for (const name of Object.keys(NETWORKS)) {
    const file = `${name}.safety.onnx`;
    if (stamps.isCurrent(file)) continue;
    stamps.write(file, await convertNsfw(name));
    say(`${file} is made.`);
  }
  const file = `${EMBEDDER.name}.embed.onnx`;
  if (stamps.isCurrent(file)) return;
  let bytes;
  try {
    bytes = await downloadedEmbedder(fetch);
  } catch (problem) {
    const why = problem.cause?.message || problem.message;
    say(`The network of visual search could not be fetched (${why}); the next start tries again.`);
    return;
  }
  stamps.write(file, convertTflite(bytes, EMBEDDER.name));
  say(`${file} is made.`);
}

if (process.argv[1] && resolve(process.argv[1]) === import.meta.filename) await makeModels(process.argv[2]);
