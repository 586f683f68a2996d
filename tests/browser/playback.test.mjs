// Browsers without MediaSource: the element plays by itself, or ManagedMediaSource says when.

import assert from 'node:assert/strict';
import {
  drag,
  eventually,
  metrics,
  openFeed,
  playing,
  sharedBrowser,
  shownList,
  swipe,
  test,
  visitor,
} from './lib.mjs';

const browser = sharedBrowser();

/** Also the first clip is played by the app itself and not begun by index.html (src/early.js). */
const withoutEarlyClip = (page) =>
  page.addInitScript(() => Object.defineProperty(window, 'early', { get: () => undefined, set: () => {} }));

/** The element that plays: where its clip comes from, where it is and how long it is. */
const playingElement = (page) =>
  eventually(() =>
    page.evaluate(() => {
      const video = [...document.querySelectorAll('video')].find((one) => !one.paused);
      return video && { src: video.currentSrc, at: video.currentTime, duration: video.duration };
    }),
  );

/** The playing clip comes to its end and begins again. */
async function loops(page) {
  const { duration } = await playingElement(page);
  await eventually(async () => (await playingElement(page)).at > duration * 0.7);
  await eventually(async () => (await playingElement(page)).at < duration * 0.3);
  await playing(page);
}

/** The feed as everybody uses it: it plays, loops, and goes on by finger and by key, and back. */
async function usesTheFeed(page, check) {
  await openFeed(page);
  await check();
  await loops(page);
  await drag(page);
  await eventually(async () => (await shownList(page)).index === 1);
  await playing(page);
  await check();
  for (let round = 0; round < 4; round++) {
    await swipe(page);
    await playing(page);
    await check();
  }
  await swipe(page, 'ArrowUp');
  await playing(page);
  await check();
}

test('without any MediaSource the element plays the file: it plays, swipes and loops', async () => {
  const { context, page, errors } = await visitor(browser);
  await page.addInitScript(() => {
    delete window.MediaSource;
    delete window.ManagedMediaSource;
  });
  const ranges = [];
  page.on('request', (request) => {
    if (request.resourceType() === 'fetch' && request.url().includes('/media/')) ranges.push(request.url());
  });
  await usesTheFeed(page, async () => {
    const { src } = await playingElement(page);
    assert.match(src, /^http.*\/media\/.*\.(mp4|m3u8)$/);
  });
  assert.equal((await metrics(page)).fallbacks, 0, 'nothing is tried that cannot work');
  assert.deepEqual(ranges, [], 'nothing is fetched that the element fetches again');
  assert.deepEqual(errors, []);
  await context.close();
});

/** ManagedMediaSource as Safari on a phone has it, on top of the MediaSource that is here. */
function managed() {
  const Base = window.MediaSource;
  const sources = new Map();
  const seen = (window.__managed = { opened: 0, started: 0, ended: 0, uninvited: 0 });
  class ManagedMediaSource extends Base {
    streaming = false;
    changedAt = 0;

    constructor() {
      super();
      this.addEventListener('sourceopen', (event) => {
        const video = this.element();
        if (!video?.disableRemotePlayback) return event.stopImmediatePropagation();
        seen.opened++;
        this.tell(true);
      });
      const timer = setInterval(() => {
        if (this.readyState === 'closed' && this.changedAt > 0) return clearInterval(timer);
        if (!this.element() || this.changedAt === 0) return;
        if (this.streaming && this.ahead() > 1.5) this.tell(false);
        else if (!this.streaming && this.ahead() < 1.2) this.tell(true);
      }, 50);
    }

    element() {
      return [...document.querySelectorAll('video')].find((one) => sources.get(one.src) === this);
    }

    ahead() {
      const { buffered, currentTime } = this.element();
      return buffered.length > 0 ? buffered.end(buffered.length - 1) - currentTime : 0;
    }

    tell(streaming) {
      this.streaming = streaming;
      this.changedAt = performance.now();
      seen[streaming ? 'started' : 'ended']++;
      this.dispatchEvent(new Event(streaming ? 'startstreaming' : 'endstreaming'));
    }

    addSourceBuffer(type) {
      const buffer = super.addSourceBuffer(type);
      const append = buffer.appendBuffer;
      buffer.appendBuffer = (data) => {
        // What was on its way when the browser had enough may still come.
        const late = performance.now() - this.changedAt > 1500;
        if (!this.streaming && late && this.ahead() > 1) seen.uninvited++;
        append.call(buffer, data);
      };
      return buffer;
    }
  }
  const createObjectURL = URL.createObjectURL;
  URL.createObjectURL = (object) => {
    const url = createObjectURL.call(URL, object);
    if (object instanceof ManagedMediaSource) sources.set(url, object);
    return url;
  };
  window.ManagedMediaSource = ManagedMediaSource;
  delete window.MediaSource;
}

test('with ManagedMediaSource only: it plays, swipes, loops, and sends data when it is asked to', async () => {
  const { context, page, errors } = await visitor(browser);
  await withoutEarlyClip(page);
  await page.addInitScript(managed);
  await usesTheFeed(page, async () => {
    const { src } = await playingElement(page);
    assert.match(src, /^blob:/);
  });
  const seen = await page.evaluate(() => window.__managed);
  assert.ok(seen.opened > 5 && seen.ended > 0, JSON.stringify(seen));
  assert.equal(seen.uninvited, 0, 'nothing is appended while the browser wants no data');
  assert.equal((await metrics(page)).fallbacks, 0);
  assert.deepEqual(errors, []);
  await context.close();
});

test('a segment that the browser refuses: the same clip goes on as a plain file', async () => {
  const { context, page, errors } = await visitor(browser);
  await withoutEarlyClip(page);
  let first = '';
  let broken = 0;
  await page.route('**/media/**', async (route) => {
    const request = route.request();
    if (request.resourceType() !== 'fetch') return route.continue();
    first ||= request.url();
    const begins = request.headers()['range']?.startsWith('bytes=0-');
    if (request.url() !== first || begins || broken > 0) return route.continue();
    broken++;
    const response = await route.fetch();
    await route.fulfill({ response, body: Buffer.alloc((await response.body()).length, 0xff) });
  });
  await page.goto('/');
  await eventually(() => broken > 0);
  await eventually(async () => /^http/.test((await playingElement(page)).src));
  await playing(page);
  await loops(page);
  assert.equal((await metrics(page)).fallbacks, 1);
  assert.deepEqual(errors, []);
  await context.close();
});
