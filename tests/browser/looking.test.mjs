// Searching by a picture: chosen, pasted, dropped, or what a clip shows; the box; the moments found.

import assert from 'node:assert/strict';
import { before } from 'node:test';
import {
  answered,
  call,
  current,
  currentId,
  DESKTOP,
  eventually,
  expects,
  metrics,
  NO_ANSWER,
  openFeed,
  path,
  PHONE,
  playing,
  sharedBrowser,
  swipe,
  test,
  URL_BASE,
  visitor,
} from './lib.mjs';

const SEARCH = '**/api/v1/search/visual**';
// Clips of three seconds and more; other tests publish shorter ones.
const CLIPS = '/search?q=trains&kind=videos&limit=3';
const browser = sharedBrowser();

/** A clip, and a PNG of its cover. */
let clip;
before(async () => {
  const { items } = await call('GET', CLIPS);
  const { context, page } = await visitor(browser, DESKTOP);
  await page.goto('/icon.svg');
  const png = await drawn(page, 0, 0, items[0].video.playback.cover);
  clip = { id: items[0].video.id, duration_ms: items[0].video.duration_ms, png };
  await lookedAt(png);
  await context.close();
});

/** Right after they were published no clip is found yet. */
const lookedAt = (png) =>
  eventually(
    async () => {
      const answer = await fetch(`${URL_BASE}/api/v1/search/visual`, {
        method: 'POST',
        headers: { 'Content-Type': 'image/png' },
        body: png,
      });
      return answer.ok && (await answer.json()).waiting_count === 0;
    },
    { timeoutMs: 120_000, everyMs: 1000 },
  );

/** A PNG: a red disc on grey to the right of the middle, or what an address shows, in its own size. */
async function drawn(page, width, height, address = '') {
  const text = await page.evaluate(
    async ({ width, height, address }) => {
      const picture = address && (await createImageBitmap(await (await fetch(address)).blob()));
      const canvas = new OffscreenCanvas(picture ? picture.width : width, picture ? picture.height : height);
      const paper = canvas.getContext('2d');
      if (picture) paper.drawImage(picture, 0, 0);
      else {
        paper.fillStyle = '#8a8d90';
        paper.fillRect(0, 0, width, height);
        paper.fillStyle = '#c8281e';
        paper.beginPath();
        paper.arc(width * 0.7, height * 0.5, Math.min(width, height) * 0.15, 0, 7);
        paper.fill();
      }
      const bytes = new Uint8Array(await (await canvas.convertToBlob()).arrayBuffer());
      let all = '';
      for (let i = 0; i < bytes.length; i += 8192) all += String.fromCharCode(...bytes.subarray(i, i + 8192));
      return btoa(all);
    },
    { width, height, address },
  );
  return Buffer.from(text, 'base64');
}

const asFile = (buffer, name = 'picture.png', mimeType = 'image/png') => ({ name, mimeType, buffer });

/** What this page asks the server for: type, part and body of each search. The browser tells of a file only to who stands between. */
async function searches(page) {
  const sent = [];
  await page.route(SEARCH, async (route) => {
    const request = route.request();
    const type = request.headers()['content-type'];
    const json = type === 'application/json' ? request.postDataJSON() : null;
    const crop = new URL(request.url()).searchParams.get('crop');
    sent.push({ type, crop, json, body: request.postDataBuffer() });
    await route.fallback();
  });
  return sent;
}

const box = (page) => page.getByRole('slider', { name: 'Part of the picture that is searched for' });
const at = (page) => box(page).getAttribute('aria-valuetext');
const tiles = (page) => page.locator('.answer a.tile');
const rested = (page) => page.locator('.answer[aria-busy=false]').waitFor();

/** The box is smaller than the picture, and that was searched for. */
async function narrowed(page) {
  const answer = page.waitForResponse((response) => response.url().includes('/search/visual'));
  await box(page).press('Shift+ArrowLeft');
  await answer;
  await rested(page);
}

async function choose(page, png) {
  await page.goto('/search');
  await page.getByRole('button', { name: 'Search with a picture' }).waitFor();
  await page.setInputFiles('[data-testid=picture]', asFile(png));
  await box(page).waitFor();
  await rested(page);
}

/** Three clips, as an answer has them that finds each at this moment. */
async function momentsAt(page, atMs) {
  const { items } = await (await page.request.get(`/api/v1${CLIPS}`)).json();
  return items.map((item) => ({ ...item, match: { at_ms: atMs, similarity: 0.9 } }));
}

/** A drag over the picture, from and to shares of its sides. */
async function dragged(page, [fromX, fromY], [toX, toY]) {
  const area = await page.locator('.picture').boundingBox();
  const x = (share) => area.x + area.width * share;
  const y = (share) => area.y + area.height * share;
  await page.mouse.move(x(fromX), y(fromY));
  await page.mouse.down();
  await page.mouse.move(x((fromX + toX) / 2), y((fromY + toY) / 2), { steps: 4 });
  await page.mouse.move(x(toX), y(toY), { steps: 4 });
  await page.mouse.up();
}

/** As the box says of itself: shares in percent. */
async function place(page) {
  const [width, height, left, top] = (await at(page)).match(/\d+/g).map(Number);
  return { width, height, left, top };
}

test('a picture of a clip finds it at a moment, which opens there, and back is as it was left', async () => {
  const { context, page, errors } = await visitor(browser);
  const sent = await searches(page);
  await choose(page, clip.png);
  assert.equal(path(page), '/search/picture');
  await narrowed(page); // nothing may stand out of it
  const answer = page.waitForResponse((response) => response.url().endsWith('/search/visual'));
  await page.getByRole('button', { name: 'Whole picture' }).tap();
  const { items } = await (await answer).json();
  await rested(page);
  assert.equal(sent.at(-1).crop, null);
  // Another of these clips may have nearly its colours.
  assert.ok(
    items.slice(0, 3).some(({ video }) => video.id === clip.id),
    'the clip itself is found',
  );
  const moments = items.map(({ video, match }) => {
    const seconds = Math.floor(match.at_ms / 100) / 10;
    const badge = `0:${String(Math.floor(match.at_ms / 1000)).padStart(2, '0')}`;
    return [`/v/${video.id}${seconds > 0 ? `?t=${seconds}` : ''}`, badge];
  });
  const shownMoments = await tiles(page).evaluateAll((all) =>
    all.map((tile) => [tile.getAttribute('href'), tile.querySelector('.moment').textContent]),
  );
  assert.deepEqual(shownMoments, moments);
  await box(page).press('Shift+ArrowLeft');
  await eventually(() => sent.at(-1).crop !== null);
  await rested(page);
  const [left, count, shown] = [await at(page), sent.length, await tiles(page).count()];
  await tiles(page).last().tap();
  await playing(page);
  await page.getByRole('button', { name: 'Back', exact: true }).tap();
  await box(page).waitFor();
  assert.equal(await at(page), left);
  assert.equal(await tiles(page).count(), shown);
  await page.waitForTimeout(600);
  assert.equal(sent.length, count, 'nothing is asked for again');
  assert.deepEqual(errors, []);
  await context.close();
});

test('a large picture is sent small, as a JPEG, with the box on its object', async () => {
  const { context, page } = await visitor(browser, DESKTOP);
  await page.goto('/search');
  const png = await drawn(page, 3000, 2000);
  const sent = await searches(page);
  await choose(page, png);
  const [{ type, crop, body }] = sent;
  assert.equal(type, 'image/jpeg');
  const size = await page.evaluate(
    async (bytes) => {
      const { width, height } = await createImageBitmap(new Blob([new Uint8Array(bytes)]));
      return [width, height];
    },
    [...body],
  );
  assert.deepEqual(size, [1024, 683]);
  const [x, y, width, height] = crop.split(',').map(Number);
  assert.ok(x > 0.5 && x < 0.7 && x + width > 0.7 && x + width < 0.9, crop);
  assert.ok(y > 0.25 && y < 0.5 && y + height > 0.5 && y + height < 0.75, crop);
  const stored = await page.evaluate(async () => [
    ...Object.values({ ...localStorage, ...sessionStorage }).filter((text) => text.length > 500),
    ...(await indexedDB.databases()).map(({ name }) => name),
  ]);
  assert.deepEqual(stored, [], 'it is in memory only');
  await context.close();
});

test('a photograph that lies on its side stands upright in the box and in what is sent', async () => {
  const { context, page } = await visitor(browser);
  await page.goto('/search');
  const sent = await searches(page);
  const jpeg = await page.evaluate(async () => {
    const canvas = new OffscreenCanvas(400, 200);
    canvas.getContext('2d').fillRect(0, 0, 400, 200);
    return [...new Uint8Array(await (await canvas.convertToBlob({ type: 'image/jpeg' })).arrayBuffer())];
  });
  // Exif, big-endian, one entry: orientation 6.
  const exif = Buffer.from('4578696600004d4d002a00000008000101120003000000010006000000000000', 'hex');
  const head = Buffer.from([0xff, 0xe1, 0, exif.length + 2]);
  const turned = Buffer.concat([Buffer.from(jpeg.slice(0, 2)), head, exif, Buffer.from(jpeg.slice(2))]);
  await choose(page, turned);
  const { width, height } = await page.locator('.picture').boundingBox();
  assert.ok(Math.abs(height / width - 2) < 0.02, `${width}x${height}`);
  assert.equal(sent[0].body.includes(Buffer.from('Exif')), false);
  await context.close();
});

test('fingers and keys change the box, and it is searched for once it rests', async () => {
  const { context, page } = await visitor(browser, DESKTOP);
  await page.goto('/search');
  const png = await drawn(page, 800, 800);
  const sent = await searches(page);
  await choose(page, png);
  await page.getByRole('button', { name: 'Whole picture' }).click();
  await eventually(() => sent.at(-1).crop === null);
  await rested(page);
  await dragged(page, [0.2, 0.2], [0.6, 0.7]);
  assert.deepEqual(await place(page), { width: 40, height: 50, left: 20, top: 20 }, 'drawn anew');
  await dragged(page, [0.4, 0.45], [0.5, 0.35]);
  assert.deepEqual(await place(page), { width: 40, height: 50, left: 30, top: 10 }, 'moved by its inside');
  await dragged(page, [0.7, 0.6], [0.8, 0.8]);
  assert.deepEqual(await place(page), { width: 50, height: 70, left: 30, top: 10 }, 'resized by a corner');
  await dragged(page, [0.9, 0.95], [0.905, 0.95]);
  assert.deepEqual(
    await place(page),
    { width: 50, height: 70, left: 30, top: 10 },
    'a tap beside it does nothing',
  );
  await eventually(() => sent.at(-1).crop === '0.3,0.1,0.5,0.7');
  await rested(page);
  const before = sent.length;
  await box(page).focus();
  for (let i = 0; i < 5; i++) await page.keyboard.press('ArrowLeft');
  for (let i = 0; i < 5; i++) await page.keyboard.press('Shift+ArrowDown');
  assert.deepEqual(await place(page), { width: 50, height: 80, left: 20, top: 10 });
  await eventually(() => sent.length > before);
  await rested(page);
  assert.equal(sent.length, before + 1);
  assert.equal(sent.at(-1).crop, '0.2,0.1,0.5,0.8');
  await context.close();
});

test('a search that is under way ends when the box moves on, and what is found stays until then', async () => {
  const { context, page } = await visitor(browser, DESKTOP);
  expects(page, NO_ANSWER);
  await choose(page, clip.png);
  const shown = await tiles(page).count();
  assert.ok(shown > 0);
  let hold = true;
  const ended = [];
  page.on('requestfailed', (request) => ended.push(request.url()));
  await page.route(SEARCH, (route) => hold || route.fallback());
  await box(page).press('Shift+ArrowLeft');
  await page.locator('.answer[aria-busy=true] .found.old').waitFor();
  assert.equal(await tiles(page).count(), shown);
  hold = false;
  await box(page).press('Shift+ArrowLeft');
  await rested(page);
  assert.equal(ended.length, 1);
  await context.close();
});

test('a finger on the picture moves the box and not the page, also from right to left', async () => {
  const { context, page } = await visitor(browser);
  await page.goto('/search');
  const png = await drawn(page, 600, 900);
  await choose(page, png);
  await page.evaluate(() => (document.documentElement.dir = 'rtl'));
  await page.getByRole('button', { name: 'Whole picture' }).tap();
  const area = await page.locator('.picture').boundingBox();
  const cdp = await context.newCDPSession(page);
  const touch = (type, x, y) =>
    cdp.send('Input.dispatchTouchEvent', {
      type,
      touchPoints: type === 'touchEnd' ? [] : [{ x: area.x + area.width * x, y: area.y + area.height * y }],
    });
  await touch('touchStart', 0.1, 0.8);
  for (const share of [0.7, 0.55, 0.4, 0.3]) await touch('touchMove', 0.5, share);
  await touch('touchEnd');
  assert.deepEqual(await place(page), { width: 40, height: 50, left: 10, top: 30 });
  const drawnBox = await box(page).boundingBox();
  assert.ok(Math.abs(drawnBox.x - area.x - area.width * 0.1) < 3, 'the picture is not mirrored');
  assert.equal(await page.evaluate(() => document.querySelector('.page').scrollTop), 0);
  await context.close();
});

test('a picture is pasted or dropped, on the search page and on its own', async () => {
  const { context, page } = await visitor(browser, DESKTOP);
  await page.goto('/search');
  const sent = await searches(page);
  const hand = (event, where, width) =>
    page.evaluate(
      async ({ event, where, width }) => {
        const canvas = new OffscreenCanvas(width, 60);
        canvas.getContext('2d').fillRect(0, 0, 9, 9);
        const data = new DataTransfer();
        data.items.add(new File([await canvas.convertToBlob()], 'p.png', { type: 'image/png' }));
        const init = { bubbles: true, cancelable: true };
        const made =
          event === 'paste'
            ? new ClipboardEvent('paste', { ...init, clipboardData: data })
            : new DragEvent('drop', { ...init, dataTransfer: data });
        document.querySelector(where).dispatchEvent(made);
      },
      { event, where, width },
    );
  const shows = (width) =>
    eventually(
      async () => (await page.locator('.picture img').evaluate((img) => img.naturalWidth)) === width,
    );
  const atSearch = () => page.getByRole('button', { name: 'Search with a picture' }).waitFor();
  await atSearch();
  await hand('paste', 'input[type=search]', 101);
  await shows(101);
  await hand('drop', '.page', 102);
  await shows(102);
  await hand('paste', 'body', 103);
  await shows(103);
  await page.goBack();
  await atSearch();
  await hand('drop', '.page', 104);
  await shows(104);
  await eventually(() => sent.length === 4);
  await context.close();
});

test('without a picture the page says so, and one that cannot be read too', async () => {
  const { context, page, errors } = await visitor(browser);
  await choose(page, clip.png);
  await page.reload();
  await page.getByText('No picture here').waitFor();
  const sent = await searches(page);
  await page.setInputFiles('[data-testid=picture]', asFile(Buffer.from('ftypheic'), 'a.heic', 'image/heic'));
  await page.getByText('This picture cannot be read here').waitFor();
  assert.equal(sent.length, 0);
  await page.setInputFiles('[data-testid=picture]', asFile(clip.png));
  await box(page).waitFor();
  assert.deepEqual(errors, []);
  await context.close();
});

test('what fails keeps the place: offline, and a server that is busy', async () => {
  const { context, page } = await visitor(browser);
  expects(page, NO_ANSWER, answered(503));
  await choose(page, clip.png);
  await narrowed(page);
  const shown = await tiles(page).count();
  await page.route(SEARCH, (route) =>
    route.fulfill({
      status: 503,
      contentType: 'application/problem+json',
      headers: { 'Retry-After': '5' },
      body: '{"status":503,"detail":"many pictures are searched for now; try again in a moment"}',
    }),
  );
  await page.getByRole('button', { name: 'Whole picture' }).tap();
  await page.getByText('Many pictures are searched for now').waitFor();
  assert.equal(await tiles(page).count(), shown);
  await page.unroute(SEARCH);
  await page.getByRole('button', { name: 'Try again' }).tap();
  await page.getByText('Many pictures are searched for now').waitFor({ state: 'detached' });
  await page.route(SEARCH, (route) => route.abort('internetdisconnected'));
  await box(page).press('Shift+ArrowUp');
  await page.getByText('The server cannot be reached').waitFor();
  assert.ok((await tiles(page).count()) > 0);
  await page.unroute(SEARCH);
  // By itself, as soon as the server answers.
  await page.getByText('The server cannot be reached').waitFor({ state: 'detached' });
  await rested(page);
  await context.close();
});

const shownS = (page) =>
  page.evaluate(() => Math.max(...[...document.querySelectorAll('video')].map((one) => one.currentTime)));

for (const [name, options, act] of [
  [
    'phone, by the menu',
    PHONE,
    async (page) => {
      await current(page).locator('button.act.last').tap();
      await page.getByRole('button', { name: 'Find similar' }).tap();
    },
  ],
  ['desktop, by its key', DESKTOP, (page) => page.keyboard.press('s')],
]) {
  test(`what a clip shows now is searched for, and back is where it stood (${name})`, async () => {
    const { context, page, errors } = await visitor(browser, options);
    const sent = await searches(page);
    await page.goto(`/v/${clip.id}`);
    await playing(page);
    await eventually(async () => (await shownS(page)) > 1, { everyMs: 50 });
    await act(page);
    await box(page).waitFor();
    await eventually(() => sent.length > 0);
    const { json } = sent[0];
    assert.equal(json.video_id, clip.id);
    assert.ok(json.at_ms > 900 && json.at_ms < clip.duration_ms, String(json.at_ms));
    await page.getByRole('heading', { name: 'Find similar' }).waitFor();
    await rested(page);
    await page.goBack();
    await eventually(async () => (await currentId(page)) === clip.id);
    await playing(page);
    const stood = await shownS(page);
    assert.ok(stood * 1000 > json.at_ms - 150, `${stood} s, searched at ${json.at_ms} ms`);
    assert.deepEqual(errors, []);
    await context.close();
  });
}

/** Of what any clip shows a red disc stands out. */
const standsOut = (page) =>
  page.addInitScript(() => {
    const made = window.createImageBitmap;
    window.createImageBitmap = (from, ...more) => {
      if (!(from instanceof HTMLVideoElement)) return made(from, ...more);
      const canvas = Object.assign(document.createElement('canvas'), { width: 300, height: 500 });
      const paper = canvas.getContext('2d');
      paper.fillStyle = '#8a8d90';
      paper.fillRect(0, 0, 300, 500);
      paper.fillStyle = '#c8281e';
      paper.fillRect(160, 200, 80, 100);
      return made(canvas);
    };
  });

test('where the part that stands out finds nothing the whole is searched for, but never for a part of hers', async () => {
  const { context, page, errors } = await visitor(browser, DESKTOP);
  await standsOut(page);
  await page.goto(`/v/${clip.id}`);
  await playing(page);
  const moments = await momentsAt(page, 0);
  await page.route(SEARCH, (route) => {
    const items = route.request().postDataJSON().crop ? [] : moments;
    return route.fulfill({ json: { items, waiting_count: 0 } });
  });
  const sent = await searches(page);
  await page.keyboard.press('s');
  const note = page.getByText('Nothing looks like the part that stands out most.', { exact: false });
  await note.and(page.locator(':not([role=status])')).waitFor();
  assert.deepEqual(
    sent.map(({ json }) => json.crop !== undefined),
    [true, false],
  );
  assert.equal(await tiles(page).count(), 3);
  assert.deepEqual(await place(page), { width: 100, height: 100, left: 0, top: 0 });
  await page.locator('.answer [role=status]', { hasText: 'look like the whole picture. 3 videos' }).waitFor({
    state: 'attached',
  });
  await dragged(page, [0.1, 0.1], [0.4, 0.4]);
  await page.getByText('Nothing similar here').and(page.locator('h2')).waitFor();
  await page.waitForTimeout(600);
  assert.deepEqual(
    sent.slice(2).map(({ json }) => json.crop),
    [{ x: 0.1, y: 0.1, width: 0.3, height: 0.3 }],
  );
  assert.equal(await note.count(), 0);
  assert.deepEqual(errors, []);
  await context.close();
});

test('swiping through what is found begins each clip at its moment', async () => {
  const { context, page, errors } = await visitor(browser);
  await page.goto('/search');
  const png = await drawn(page, 300, 300);
  const moments = await momentsAt(page, 2200);
  await page.route(SEARCH, (route) => route.fulfill({ json: { items: moments, waiting_count: 0 } }));
  const fetched = [];
  page.on('request', (request) => {
    const { range } = request.headers();
    if (range) fetched.push(`${request.url()} ${range}`);
  });
  await choose(page, png);
  await tiles(page).first().tap();
  await playing(page);
  for (let index = 1; index < moments.length; index++) {
    // The next one waits on its first frame to be shown.
    await eventually(
      () =>
        page.evaluate((stage) => {
          const { paused, readyState, currentTime } = document.querySelector(
            `.layer:not(.away) video[data-stage="${stage}"]`,
          );
          return paused && readyState >= 2 && Math.abs(currentTime - 2.2) < 0.05;
        }, index % 3),
      { everyMs: 50 },
    );
    await swipe(page);
    const { id } = moments[index].video;
    const swiped = await eventually(async () =>
      (await metrics(page)).swipes.find(({ video_id: shown }) => shown === id),
    );
    assert.ok(swiped.prerendered, 'at once');
    await page.waitForURL((url) => url.href.endsWith(`/v/${id}?t=2.2`));
  }
  assert.ok(fetched.length >= 6, fetched.join('\n'));
  assert.equal(new Set(fetched).size, fetched.length, 'nothing is fetched twice');
  assert.deepEqual(errors, []);
  await context.close();
});

test('from the feed it leads back into the feed', async () => {
  const { context, page } = await visitor(browser);
  const sent = await searches(page);
  await openFeed(page);
  const id = await currentId(page);
  await current(page).locator('button.act.last').tap();
  await page.getByRole('button', { name: 'Find similar' }).tap();
  await box(page).waitFor();
  await eventually(() => sent.length > 0);
  assert.equal(sent[0].json.video_id, id);
  await page.getByRole('button', { name: 'Back', exact: true }).tap();
  await page.waitForURL((url) => url.pathname === '/');
  await playing(page);
  assert.equal(await page.getByRole('dialog').count(), 0);
  assert.equal(await currentId(page), id);
  await context.close();
});

test('an address says where the clip begins, once; what is no moment of it is ignored', async () => {
  const { context, page } = await visitor(browser);
  const first = async (address) => {
    await page.goto(address);
    await playing(page);
    return shownS(page);
  };
  const late = clip.duration_ms / 1000 - 1;
  const begun = await first(`/v/${clip.id}?t=${late}`);
  assert.ok(begun >= late - 0.05, `${begun}, wanted ${late}`);
  await eventually(async () => (await shownS(page)) < late, { everyMs: 50 });
  for (const t of ['99', 'soon', '-1']) {
    const from = await first(`/v/${clip.id}?t=${t}`);
    assert.ok(from < late, `${t}: ${from}`);
  }
  await context.close();
});
