// The feed under a thumb: touch, wheel, keys, sound, and what a swipe changes.

import assert from 'node:assert/strict';
import {
  currentId,
  drag,
  eventually,
  expects,
  metrics,
  NO_ANSWER,
  openFeed,
  playing,
  sharedBrowser,
  shownList,
  swipe,
  test,
  visitor,
} from './lib.mjs';

const browser = sharedBrowser();

test('it starts muted, and one tap gives sound to all elements and is remembered', async () => {
  const { context, page, errors } = await visitor(browser);
  await openFeed(page);
  const muted = () => page.$$eval('video', (all) => all.map((video) => video.muted));
  assert.deepEqual(await muted(), [true, true, true]);
  await page.getByText('Tap for sound').tap();
  assert.deepEqual(await muted(), [false, false, false]);
  await swipe(page);
  await playing(page);
  assert.ok((await muted()).every((one) => !one));
  assert.equal(await page.evaluate(() => localStorage.getItem('fs.sound')), 'on');
  assert.equal(await page.getByText('Tap for sound').count(), 0);
  assert.deepEqual(errors, []);
  await context.close();
});

test('a finger moves the clip with it, and a short drag springs back', async () => {
  const { context, page, errors } = await visitor(browser);
  await openFeed(page);
  const first = await currentId(page);
  await drag(page, { from: 0.6, to: 0.52, steps: 12 });
  await page.waitForTimeout(300);
  assert.equal(await currentId(page), first);
  await drag(page);
  await eventually(async () => (await shownList(page)).index === 1);
  await playing(page);
  assert.notEqual(await currentId(page), first);
  await drag(page, { from: 0.25, to: 0.75 });
  await eventually(async () => (await currentId(page)) === first);
  assert.deepEqual(errors, []);
  await context.close();
});

test('wheel and keys: next, previous, pause, sound, list of keys', async () => {
  const { context, page, errors } = await visitor(browser, {
    viewport: { width: 1440, height: 900 },
    locale: 'en-GB',
  });
  await openFeed(page);
  await page.mouse.move(600, 400);
  await page.mouse.wheel(0, 120);
  await eventually(async () => (await shownList(page)).index === 1);
  await page.keyboard.press('k');
  await eventually(async () => (await shownList(page)).index === 0);
  await page.keyboard.press('j');
  await eventually(async () => (await shownList(page)).index === 1);
  await playing(page);
  const moving = () => page.$$eval('video', (all) => all.some((video) => !video.paused));
  await page.keyboard.press(' ');
  await eventually(async () => !(await moving()));
  await page.keyboard.press(' ');
  await eventually(moving);
  await page.keyboard.press('m');
  await eventually(() => page.$$eval('video', (all) => all.every((video) => !video.muted)));
  await page.keyboard.press('?');
  await page.getByRole('dialog').getByText('Next video').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  assert.deepEqual(errors, []);
  await context.close();
});

test('a loop is seamless and counted; a paused page plays nothing', async () => {
  const { context, page } = await visitor(browser);
  const watched = [];
  page.on('request', (request) => {
    if (!request.url().endsWith('/events')) return;
    watched.push(...(request.postDataJSON()?.events ?? []).filter((one) => one.event === 'watch'));
  });
  await openFeed(page);
  const duration = await page.evaluate(
    () => [...document.querySelectorAll('video')].find((video) => !video.paused).duration,
  );
  await page.waitForTimeout(duration * 1000 + 900);
  await playing(page);
  await swipe(page);
  const [first] = await eventually(() => watched.length > 0 && watched);
  assert.ok(first.loops >= 1, `loops is ${first.loops}`);
  assert.ok(first.watch_ms > duration * 1000 * 0.9, `watched ${first.watch_ms} ms`);
  assert.ok(first.watched.every(([from, to]) => from >= 0 && to > from));
  assert.equal(first.sound, false);
  assert.equal(first.ended, 'swipe');
  await context.close();
});

/** Swipes and answers as the network saw them, in order. */
function watchNetwork(page) {
  const log = { acknowledged: [], feeds: new Map(), asked: 0 };
  let order = 0;
  const askedAt = new Map();
  page.on('request', (request) => {
    if (request.url().includes('/api/v1/feed?')) askedAt.set(request, order++);
  });
  page.on('response', async (response) => {
    const request = response.request();
    const at = order++;
    if (request.url().endsWith('/events') && response.status() === 202) {
      const events = request.postDataJSON()?.events ?? [];
      log.acknowledged.push({ at, watches: events.filter((one) => one.event === 'watch') });
    } else if (askedAt.has(request) && response.ok()) {
      const answer = await response.json().catch(() => null);
      if (!answer) return;
      log.feeds.set(answer.request_id, {
        askedAt: askedAt.get(request),
        position: answer.log_position,
        tokens: Object.fromEntries(answer.items.map((i) => [i.video.id, i.impression_token])),
        held: new URL(request.url()).searchParams.get('held') ?? '',
      });
    }
  });
  return log;
}

test('the second clip after a swipe reflects that swipe, 50 times in 50', async (t) => {
  const { context, page, errors } = await visitor(browser);
  const log = watchNetwork(page);
  await openFeed(page);
  let reflected = 0;
  for (let round = 0; round < 50; round++) {
    const list = await shownList(page);
    const left = list.entries[list.index];
    const token = left.video_id ? log.feeds.get(left.request_id)?.tokens[left.video_id] : null;
    await playing(page);
    await swipe(page);
    await eventually(async () => !(await shownList(page)).waiting);
    if (!token) {
      reflected++; // The card that says "up to date" is no clip: leaving it tells nothing.
      continue;
    }
    const acknowledged = await eventually(() =>
      log.acknowledged.find(({ watches }) => watches.some((w) => w.impression_token === token)),
    );
    const now = await shownList(page);
    const second = now.entries[now.index + 1];
    if (!second || second.video_id === null) {
      // Nothing or the card follows: then the last answer itself must be younger than the swipe.
      const last = Math.max(...[...log.feeds.values()].map((feed) => feed.askedAt));
      if (last > acknowledged.at) reflected++;
      continue;
    }
    const feed = await eventually(() => log.feeds.get(second.request_id));
    if (feed.askedAt > acknowledged.at) reflected++;
    else t.diagnostic(`swipe ${round}: the second clip came from an answer asked for before it`);
  }
  t.diagnostic(`${reflected} of 50 swipes reflected in the second clip after them`);
  assert.equal(reflected, 50);
  assert.deepEqual(errors, []);
  await context.close();
});

test('fast swiping leaves no gaps and shows nothing twice', async (t) => {
  const { context, page, errors } = await visitor(browser);
  const tokens = new Map();
  const impressions = new Set();
  page.on('response', async (response) => {
    if (response.url().includes('/api/v1/feed?') && response.ok()) {
      for (const { impression_token: token, video, repeat } of (await response.json()).items) {
        tokens.set(token, { id: video.id, repeat });
      }
    } else if (response.url().endsWith('/events')) {
      for (const event of response.request().postDataJSON()?.events ?? []) {
        if (event.event === 'impression') impressions.add(event.impression_token);
      }
    }
  });
  await openFeed(page);
  for (let round = 0; round < 40; round++) {
    await page.keyboard.press('ArrowDown');
    await page.waitForTimeout(90);
  }
  await eventually(async () => !(await shownList(page)).waiting);
  await page.waitForTimeout(500);
  const { entries, index } = await shownList(page);
  const shown = entries.slice(0, index + 1).filter((entry) => entry.video_id);
  for (let i = 1; i < shown.length; i++) assert.notEqual(shown[i].video_id, shown[i - 1].video_id);
  // A clip flicked past before its first frame may come again; one that was on the screen may not.
  const seen = [...impressions].map((token) => tokens.get(token)).filter((one) => !one.repeat);
  assert.equal(new Set(seen.map((one) => one.id)).size, seen.length, 'a new clip was shown twice');
  const { stale_tails_dropped: dropped } = await metrics(page);
  t.diagnostic(`${shown.length} clips, ${seen.length} of them new and seen, ${dropped} stale answers`);
  assert.deepEqual(errors, []);
  await context.close();
});

test('events of a lost network and a closed tab arrive with the next visit', async () => {
  const { context, page } = await visitor(browser);
  expects(page, NO_ANSWER);
  await openFeed(page);
  await page.waitForTimeout(800);
  await context.setOffline(true);
  await page.keyboard.press('ArrowDown');
  await page.waitForTimeout(400);
  const kept = await page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith('fs.ev.')));
  assert.ok(kept.length > 0, 'the watch event is kept');
  await page.close();
  await context.setOffline(false);
  const next = await context.newPage();
  const sent = new Set();
  next.on('response', (response) => {
    if (!response.url().endsWith('/events') || response.status() !== 202) return;
    for (const event of response.request().postDataJSON().events) sent.add(event.event_id);
  });
  await openFeed(next);
  await eventually(() => kept.every((key) => sent.has(key.slice('fs.ev.'.length))));
  await eventually(() =>
    next.evaluate((keys) => keys.every((key) => localStorage.getItem(key) === null), kept),
  );
  await context.close();
});

test('a hidden page does not play and does not count', async () => {
  const { context, page } = await visitor(browser);
  const watches = [];
  page.on('request', (request) => {
    if (!request.url().endsWith('/events')) return;
    watches.push(...(request.postDataJSON()?.events ?? []).filter((one) => one.event === 'watch'));
  });
  await openFeed(page);
  // Something has to be watched before there is something to tell.
  await eventually(async () => (await metrics(page)).swipes.length > 0);
  await page.waitForTimeout(600);
  await page.evaluate(() => {
    Object.defineProperty(document, 'hidden', { value: true, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  });
  const [sent] = await eventually(() => watches.length > 0 && watches);
  assert.equal(sent.ended, 'hidden');
  assert.ok(await page.$$eval('video', (all) => all.every((video) => video.paused)));
  const before = sent.watch_ms;
  await page.waitForTimeout(1500);
  await page.evaluate(() => {
    Object.defineProperty(document, 'hidden', { value: false, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  });
  await playing(page);
  await page.waitForTimeout(600);
  await swipe(page);
  const last = await eventually(() => watches.length > 1 && watches.at(-1));
  assert.ok(last.watch_ms < before + 1400, `${last.watch_ms} counts the hidden time`);
  await context.close();
});
