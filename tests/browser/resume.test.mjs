// Uploads that a killed server interrupts: they go on by themselves, or with the same file.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import {
  expects,
  NO_ANSWER,
  ownServer,
  PHONE,
  post,
  published,
  sentBytes,
  sharedBrowser,
  signUp,
  slowUp,
  test,
  visitor,
} from './lib.mjs';

const browser = sharedBrowser();
let server;
let folder;
let clip;

/** A clip of some megabytes: 8 s of coloured noise with a tone. */
function makeClip(path) {
  const picture = 'testsrc2=size=360x640:rate=25:duration=8,noise=alls=60:allf=t';
  const rate = ['-b:v', '6M', '-minrate', '6M', '-maxrate', '6M', '-bufsize', '3M'];
  execFileSync('ffmpeg', [
    ...['-v', 'error', '-f', 'lavfi', '-i', picture, '-f', 'lavfi', '-i', 'sine=duration=8'],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', ...rate],
    ...['-c:a', 'aac', path],
  ]);
}

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'filoscope-clip-'));
  clip = join(folder, 'noise.mp4');
  makeClip(clip);
  server = await ownServer();
});
after(async () => {
  await server?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Begins to send the clip and kills the server in the middle of it. */
async function interrupted(page, caption) {
  await signUp(page, 'interrupted');
  const cdp = await slowUp(page, 8);
  await post(page, clip, caption);
  await sentBytes(page, 3_000_000);
  await server.kill();
  await cdp.detach();
}

/** Where the bytes of each PATCH begin; none may begin before what was acknowledged by then. */
function offsets(page) {
  const seen = [];
  let acknowledged = 0;
  const offset = (headers) => Number(headers['upload-offset']);
  page.on('request', (request) => {
    if (request.method() !== 'PATCH') return;
    const from = offset(request.headers());
    assert.ok(from >= acknowledged, `sent from ${from}, though ${acknowledged} bytes are acknowledged`);
    seen.push(from);
  });
  page.on('response', (response) => {
    const patched = response.request().method() === 'PATCH' && response.status() === 204;
    if (patched) acknowledged = Math.max(acknowledged, offset(response.headers()));
  });
  return seen;
}

test('the server is killed in the middle of an upload: it goes on by itself and is published', async (t) => {
  const { context, page, errors } = await visitor(browser, { ...PHONE, baseURL: server.url });
  expects(page, NO_ANSWER);
  const sent = offsets(page);
  await interrupted(page, 'through a killed server');
  await page.getByText('No connection.').waitFor();
  await server.start();
  const id = await published(page);
  t.diagnostic(`${(statSync(clip).size / 1e6).toFixed(1)} MB, sent from ${sent.join(', then ')}`);
  await page.goto(`/v/${id}`);
  await page.locator('.about').getByText('through a killed server').waitFor();
  assert.deepEqual(errors, []);
  await context.close();
});

test('the tab is closed too: the upload is listed, refuses another file, goes on with the same', async () => {
  const { context, page } = await visitor(browser, { ...PHONE, baseURL: server.url });
  expects(page, NO_ANSWER);
  await interrupted(page, 'through a closed tab');
  await page.close();
  await server.start();
  const next = await context.newPage();
  next.setDefaultTimeout(15_000);
  const sent = offsets(next);
  await next.goto('/upload');
  const row = next.locator('li', { hasText: 'noise.mp4' });
  const choose = async (file) => {
    const chooser = next.waitForEvent('filechooser');
    await row.getByRole('button', { name: 'Continue' }).tap();
    await (await chooser).setFiles(file);
  };
  const other = join(folder, 'other.mp4');
  writeFileSync(other, readFileSync(clip).fill(0, 0, 8));
  await choose(other);
  await next.getByText('This is another file.').waitFor();
  const renamed = join(folder, 'renamed.mp4');
  copyFileSync(clip, renamed);
  await choose(renamed);
  const id = await published(next);
  assert.ok(sent.length > 0 && sent.every((offset) => offset > 0), `sent from ${sent}`);
  await next.goto(`/v/${id}`);
  await next.locator('.about').getByText('through a closed tab').waitFor();
  await context.close();
});
