// What the browser tests share: a browser, phones and desktops, people, clips to upload.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, afterEach, test as nodeTest } from 'node:test';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const require = createRequire(join(root, 'web/package.json'));
const { chromium } = require('playwright-core');

export const URL_BASE = (process.env.FILOSCOPE_URL ?? '').replace(/\/$/, '');
const SHOTS = process.env.FILOSCOPE_SHOTS;

const ARGS = [
  '--headless=new',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** `autoplay`: 'user-gesture-required' as phones have it, or 'no-user-gesture-required'. */
export function launch({ autoplay = 'user-gesture-required' } = {}) {
  return chromium.launch({
    executablePath: process.env.FILOSCOPE_CHROMIUM ?? '/usr/bin/chromium',
    headless: true,
    args: [...ARGS, `--autoplay-policy=${autoplay}`],
  });
}

/** One browser for all tests of a file. */
export function sharedBrowser() {
  let launching;
  after(async () => (await launching)?.close());
  return {
    async newContext(options) {
      launching ??= launch();
      return (await launching).newContext(options);
    },
  };
}

/** Then a test has failed, and what it still does is ended. */
const TEST_MS_MAX = 300_000;

export function test(name, ...rest) {
  const act = rest.pop();
  return nodeTest(name, { timeout: TEST_MS_MAX, ...rest[0] }, act);
}

export const PHONE = {
  viewport: { width: 390, height: 844 },
  deviceScaleFactor: 1,
  hasTouch: true,
  isMobile: true,
  colorScheme: 'dark',
  locale: 'en-GB',
};

export const DESKTOP = {
  viewport: { width: 1440, height: 900 },
  deviceScaleFactor: 1,
  colorScheme: 'dark',
  locale: 'en-GB',
};

// What no journey may cause, whatever it is about: an error in the console, an exception or a
// rejection that nobody caught, a request for something that is not there to be asked for.
let faults = [];
const open = new Set();
const allowed = new WeakMap();

function watch(context) {
  const note = (text) => faults.push({ context, text });
  context.on('console', (message) => {
    if (message.type() === 'error') note(`console: ${message.text()} (${message.location().url})`);
  });
  context.on('weberror', (error) => note(`thrown: ${error.error().stack}`));
  context.on('request', (request) => {
    const { pathname, search } = new URL(request.url());
    if (/\b(undefined|null|NaN)\b|\[object|%5Bobject/.test(pathname + search))
      note(`asked: ${request.url()}`);
  });
}

/** What this journey is about: these pages may say so, in the words of the browser's console. */
export function expects(page, ...patterns) {
  const context = page.context();
  allowed.set(context, [...(allowed.get(context) ?? []), ...patterns]);
}

/** The browser's words for an answer with this status, and for no answer. */
export const answered = (status) => new RegExp(`status of ${status} `);
export const NO_ANSWER = new RegExp(
  'net::ERR_(INTERNET_DISCONNECTED|CONNECTION_|EMPTY_RESPONSE|FAILED|NETWORK_)' +
    '|An unknown error occurred when fetching the script', // of the service worker
);

afterEach(async () => {
  // Left by a test that failed: one out of time would go on in the next one's.
  await Promise.all([...open].map((context) => context.close().catch(() => {})));
  const found = faults
    .filter(({ context, text }) => !allowed.get(context)?.some((pattern) => pattern.test(text)))
    .map(({ text }) => text);
  faults = [];
  assert.deepEqual(found, [], 'a page caused this on the way');
});

/** A fresh visitor. `errors` collects what the page threw. */
export async function visitor(browser, options = PHONE) {
  const context = await browser.newContext({ baseURL: URL_BASE, ...options });
  watch(context);
  open.add(context);
  context.on('close', () => open.delete(context));
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const errors = [];
  page.on('pageerror', (error) => errors.push(error.message));
  return { context, page, errors };
}

export async function openFeed(page) {
  await page.goto('/');
  await playing(page);
}

/** Resolves when the current clip moves, or at once on the card that says "up to date". */
export async function playing(page, timeout = 20_000) {
  await page.waitForFunction(
    () => {
      // A clip may play before the app is there to be used.
      const list = window.__filoscope?.list?.();
      if (!list) return false;
      if (list.entries[list.index]?.video_id === null) return true;
      return [...document.querySelectorAll('video')].some((v) => !v.paused && v.currentTime > 0.05);
    },
    undefined,
    { timeout },
  );
}

/** The clip on the screen, with its rail and its words. */
export const current = (page) => page.locator('.layer:not(.away) article.stage[aria-hidden="false"]');

export const shownList = (page) => page.evaluate(() => window.__filoscope.list());
export const metrics = (page) => page.evaluate(() => window.__filoscope.metrics);

export async function currentId(page) {
  const list = await shownList(page);
  return list.entries[list.index]?.video_id ?? null;
}

/** One swipe by key, and the new clip on the screen (or the card that says "up to date"). */
export async function swipe(page, key = 'ArrowDown') {
  const before = (await shownList(page)).index;
  await page.keyboard.press(key);
  await page.waitForFunction(
    (index) => {
      const list = window.__filoscope.list();
      return list.index !== index && !list.waiting && list.entries[list.index] !== undefined;
    },
    before,
    { timeout: 10_000 },
  );
}

/** A drag with a finger, by the browser's own touch input. */
export async function drag(page, { from = 0.75, to = 0.25, steps = 8 } = {}) {
  const { width, height } = page.viewportSize();
  const cdp = await page.context().newCDPSession(page);
  const at = (share) => [{ x: width * 0.4, y: height * share }];
  await cdp.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: at(from) });
  for (let step = 1; step <= steps; step++) {
    const share = from + ((to - from) * step) / steps;
    await cdp.send('Input.dispatchTouchEvent', { type: 'touchMove', touchPoints: at(share) });
    await page.waitForTimeout(16);
  }
  await cdp.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
  await cdp.detach();
}

/** Two taps in one go: waiting for each would make them two single ones on a busy machine. */
export async function doubleTap(page, x, y) {
  const cdp = await page.context().newCDPSession(page);
  const touch = (type, touchPoints) => cdp.send('Input.dispatchTouchEvent', { type, touchPoints });
  await Promise.all([
    touch('touchStart', [{ x, y }]),
    touch('touchEnd', []),
    touch('touchStart', [{ x, y }]),
    touch('touchEnd', []),
  ]);
  await cdp.detach();
}

/** By the interface alone; `token` is of who asks. */
export async function call(method, path, body, token) {
  const answer = await fetch(`${URL_BASE}/api/v1${path}`, {
    method,
    headers: { 'Content-Type': 'application/json', ...(token ? { Authorization: `Bearer ${token}` } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  assert.ok(answer.ok, `${method} ${path}: ${answer.status}`);
  return answer.status === 204 ? null : answer.json();
}

/** Somebody else, without a browser. */
export async function person(name) {
  const handle = newHandle(name);
  const { token } = await call('POST', '/accounts', { handle, password: PASSWORD, birth_date: '1990-05-17' });
  return { handle, call: (method, path, body = {}) => call(method, path, body, token) };
}

/** Follows a link inside of the app that no page happens to show; before the app runs the browser would load a new page. */
export async function follow(page, to) {
  await page.locator('html:not([data-boot])').waitFor({ state: 'attached' });
  await page.evaluate((href) => {
    const link = document.createElement('a');
    link.href = href;
    document.body.append(link);
    link.click();
    link.remove();
  }, to);
}

export const path = (page) => new URL(page.url()).pathname;
/** A link of the bar; a badge may stand before its name. */
export const nav = (page, name) => page.locator('nav').getByRole('link', { name: new RegExp(`${name}$`) });
export const closed = (page) => page.getByRole('dialog').waitFor({ state: 'detached' });

let people = 0;
export const newHandle = (name) => `${name}_${Date.now().toString(36)}${people++}`;
export const PASSWORD = 'a long enough password 7';

/** Fills the sign-up sheet that is open. */
export async function fillSignUp(page, handle) {
  await page.fill('#auth-handle', handle);
  await page.fill('#auth-password', PASSWORD);
  await page.fill('#auth-birth', '1990-05-17');
  await page.locator('[role=dialog] form button.main').click();
  await page.locator('#auth-handle').waitFor({ state: 'detached' });
}

/** Signs up from the page "Me" and returns the handle. */
export async function signUp(page, name = 'person') {
  const handle = newHandle(name);
  await page.goto('/me');
  await page.locator('.page-inner button.main').click();
  await fillSignUp(page, handle);
  await page.getByText(`@${handle}`).first().waitFor();
  return handle;
}

/** Condition with a deadline, asked again and again. */
export async function eventually(ask, { timeoutMs = 20_000, everyMs = 150 } = {}) {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const value = await ask();
    if (value) return value;
    if (Date.now() > deadline) throw new Error('this did not come true in time');
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

/**
 * A real clip with picture and sound, recorded by the browser: colours, a turning bar, a counter,
 * noise when `megabits` asks for more than that would give; or nothing but the colour `plain`. It is
 * heard as one tone, or as a melody: each `tune` is another.
 */
export async function recordClip(browser, { seconds = 3, ...options } = {}) {
  // On a busy machine the first picture comes late: a clip that ended before it holds sound only.
  for (let long = seconds; ; long *= 2) {
    const clip = await recorded(browser, { seconds: long, ...options });
    if (/vide|V_VP|V_AV|V_MPEG/.test(clip.buffer.toString('latin1'))) return clip;
    assert.ok(long <= 16, 'the browser records no picture');
  }
}

async function recorded(
  browser,
  { seconds = 3, megabits = 2, width = 360, height = 640, plain = '', tune = 0 } = {},
) {
  const { context, page } = await visitor(browser, DESKTOP);
  await page.goto('/icon.svg');
  const encoded = await page.evaluate(
    async ({ seconds, megabits, width, height, plain, tune }) => {
      const canvas = new OffscreenCanvas(width, height);
      const paper = canvas.getContext('2d');
      const shown = document.createElementNS('http://www.w3.org/1999/xhtml', 'canvas');
      shown.width = width;
      shown.height = height;
      const screen = shown.getContext('2d');
      const audio = new AudioContext();
      const tone = audio.createOscillator();
      const out = audio.createMediaStreamDestination();
      tone.connect(out);
      for (let note = 0; tune > 0 && note < 200; note++) {
        const step = (note * note * tune + 5 * note) % 29;
        tone.frequency.setValueAtTime(196 * 2 ** (step / 12), audio.currentTime + note * 0.2);
      }
      tone.start();
      const stream = shown.captureStream(30);
      for (const track of out.stream.getAudioTracks()) stream.addTrack(track);
      const type = ['video/mp4;codecs=avc1,mp4a.40.2', 'video/mp4', 'video/webm'].find((one) =>
        MediaRecorder.isTypeSupported(one),
      );
      const recorder = new MediaRecorder(stream, {
        mimeType: type,
        videoBitsPerSecond: megabits * 1e6,
      });
      const parts = [];
      recorder.ondataavailable = (event) => parts.push(event.data);
      const done = new Promise((resolve) => (recorder.onstop = resolve));
      const noise = paper.createImageData(width, height);
      // Every recording shows another picture: clips that look and move alike are copies.
      const lights = Array.from({ length: 60 }, () => 20 + Math.random() * 50);
      recorder.start();
      const began = performance.now();
      for (let frame = 0; performance.now() - began < seconds * 1000; frame++) {
        if (megabits > 4) {
          const words = new Uint32Array(noise.data.buffer);
          for (let i = 0; i < words.length; i++) words[i] = 0xff000000 | (Math.random() * 0xffffff);
          paper.putImageData(noise, 0, 0);
        } else {
          paper.fillStyle = plain;
          paper.fillRect(0, 0, width, height);
          for (let i = 0; i < lights.length && !plain; i++) {
            paper.fillStyle = `hsl(${frame * 3} 70% ${lights[i]}%)`;
            paper.fillRect(
              ((i % 6) * width) / 6,
              (Math.floor(i / 6) * height) / 10,
              width / 6 + 1,
              height / 10 + 1,
            );
          }
          lights[Math.floor(Math.random() * lights.length)] = 20 + Math.random() * 50;
        }
        if (!plain) {
          paper.fillStyle = '#fff';
          paper.fillRect(160, (frame * 7) % height, 40, 120);
          paper.font = '64px sans-serif';
          paper.fillText(String(frame), 40, 100);
        }
        screen.drawImage(canvas, 0, 0);
        await new Promise((resolve) => setTimeout(resolve, 33));
      }
      recorder.stop();
      await done;
      tone.stop();
      const blob = new Blob(parts, { type });
      const bytes = new Uint8Array(await blob.arrayBuffer());
      let text = '';
      for (let i = 0; i < bytes.length; i += 8192) {
        text += String.fromCharCode(...bytes.subarray(i, i + 8192));
      }
      return { base64: btoa(text), type };
    },
    { seconds, megabits, width, height, plain, tune },
  );
  await context.close();
  const mimeType = encoded.type.split(';')[0];
  return {
    name: `clip.${mimeType.endsWith('webm') ? 'webm' : 'mp4'}`,
    mimeType,
    buffer: Buffer.from(encoded.base64, 'base64'),
  };
}

const PUBLISHED_MS_MAX = 240_000;
const SWIPES_MAX = 80;

/** Chooses a file on the upload page, describes and posts it. */
export async function post(page, clip, caption) {
  await page.goto('/upload');
  await page.setInputFiles('[data-testid=file]', clip);
  await page.locator('.preview').waitFor();
  await page.fill('#caption', caption);
  await page.getByRole('button', { name: 'Post', exact: true }).click();
}

/** Records and posts a clip as who is signed in; returns its id once it is published. */
export async function uploaded(page, browser, clip, caption) {
  await post(page, await recordClip(browser, clip), caption);
  return published(page);
}

/** Posts a clip as who is signed in, without the upload page; `fields` are the interface's. */
export async function posted(page, clip, fields) {
  const cookies = await page.context().cookies();
  const csrf = cookies.find(({ name }) => name === 'filoscope_csrf').value;
  const answer = await page.request.post('/api/v1/videos', {
    headers: { 'X-Filoscope-CSRF': csrf },
    multipart: { file: clip, ...fields },
  });
  assert.equal(answer.status(), 202, await answer.text());
  const { id } = (await answer.json()).video;
  const state = async () => (await (await page.request.get(`/api/v1/videos/${id}`)).json()).state;
  await eventually(async () => (await state()) === 'published', { timeoutMs: PUBLISHED_MS_MAX });
  return id;
}

export const phase = (page) => page.locator('article[data-phase]').first().getAttribute('data-phase');

/** The newest upload on the page has ended well; returns the id of its video. */
export async function published(page) {
  const last = await eventually(
    async () => {
      const now = await phase(page);
      return (now === 'published' || now === 'failed') && now;
    },
    { timeoutMs: PUBLISHED_MS_MAX },
  );
  assert.equal(last, 'published', await page.locator('article[data-phase]').first().innerText());
  const link = await page.locator('article[data-phase] a[href^="/v/"]').first().getAttribute('href');
  return link.slice('/v/'.length);
}

/** Lets the browser send no faster than this. */
export async function slowUp(page, megabits) {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Network.enable');
  await cdp.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: 5,
    downloadThroughput: -1,
    uploadThroughput: (megabits * 1e6) / 8,
  });
  return cdp;
}

/** The card of the newest upload says that so much has been sent. */
export async function sentBytes(page, bytes) {
  await eventually(async () => {
    const text = await page.locator('article[data-phase]').first().innerText();
    const sent = /([\d.]+) (kB|MB) of/.exec(text);
    return sent !== null && Number(sent[1]) * (sent[2] === 'MB' ? 1e6 : 1e3) > bytes;
  });
}

/** Swipes through For You until this clip is on the screen; returns how many swipes it took. */
export async function swipeTo(page, id) {
  await openFeed(page);
  let swipes = 0;
  while ((await currentId(page)) !== id && swipes < SWIPES_MAX) {
    await swipe(page);
    swipes++;
  }
  assert.equal(await currentId(page), id, `not shown within ${SWIPES_MAX} swipes`);
  return swipes;
}

/** A server of a test's own, on a data folder of its own, that may be killed and started again. */
export async function ownServer(environment = {}) {
  const data = mkdtempSync(join(tmpdir(), 'filoscope-browser-'));
  const program = process.env.FILOSCOPE_PROGRAM ?? join(root, 'build/release/bin/filoscope');
  const env = {
    ...process.env,
    FILOSCOPE_ACCOUNTS_PASSWORD_MEMORY_BYTES: String(8 << 20),
    ...environment,
  };
  let port = 0;
  let child;
  const end = async (signal) => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, 'exit');
  };
  const server = {
    url: '',
    async start() {
      const args = ['serve', '--data', data, '--listen', `127.0.0.1:${port}`];
      child = spawn(program, [...args, '--web', join(root, 'web/dist')], {
        env,
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      const [line] = await Promise.race([once(createInterface(child.stdout), 'line'), once(child, 'exit')]);
      const ready = /^ready http:\/\/.*:(\d+)$/.exec(String(line));
      assert.ok(ready, `the server said ${line}`);
      port = Number(ready[1]);
      server.url = `http://127.0.0.1:${port}`;
    },
    kill: () => end('SIGKILL'),
    /** Stops it to give somebody a role, as one does who runs a server. */
    async role(handle, role) {
      await end('SIGTERM');
      execFileSync(program, ['account', 'role', handle, role, '--data', data], { env, stdio: 'ignore' });
      await server.start();
    },
    async close() {
      await end('SIGTERM');
      rmSync(data, { recursive: true, force: true });
    },
  };
  await server.start();
  return server;
}

export async function shot(page, name) {
  if (!SHOTS) return;
  if (!existsSync(SHOTS)) mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: join(SHOTS, `${name}.png`) });
}

export function percentile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? NaN;
}
