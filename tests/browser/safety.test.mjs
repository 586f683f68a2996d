// What is not for everyone: why a clip is held and what is decided, who asks for such clips, what lies over one until
// somebody wants to see it, what its owner is told; and clips that flash.

import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { faults, layoutFaults, wordFaults } from './faults.mjs';
import {
  closed,
  current,
  currentId,
  DESKTOP,
  drag,
  eventually,
  expects,
  follow,
  NO_ANSWER,
  PHONE,
  playing,
  sharedBrowser,
  shot,
  shownList,
  swipe,
  test,
} from './lib.mjs';
import { settled } from './pages.mjs';
import { card, openModeration, toast, Town } from './town.mjs';
import { violations } from './violations.mjs';

const LYING = { ...PHONE, viewport: { width: 844, height: 390 } };
const SIZES = [
  ['390x844', PHONE],
  ['844x390', LYING],
  ['1440x900', DESKTOP],
];
const JUDGEMENT = { verdict: 'hold', by: 'safety-0a1b2c', explicit: 0.962, suggestive: 0.031, at_ms: 12_400 };
const SENSITIVE = 'May not be for everyone';
const FLASHES = 'Flashing lights';

const town = new Town(sharedBrowser());
const ask = (...words) => town.ask(...words);
let blocked;
/** Ada's: the limited one, one that flashes, and those around them. */
let limited;
let flashing;
let plain;

const limit = (id, sensitive) => ask('mo', 'PUT', `/moderation/videos/${id}/safety`, { sensitive });
const isSensitive = async (id) => (await ask('ada', 'GET', `/videos/${id}`)).sensitive;

before(async () => {
  await town.open(['ada', 'bob', 'eve', 'mo'], { FILOSCOPE_SAFETY_MODEL: 'none' });
  await town.join('kid', `${new Date().getFullYear() - 15}-01-02`);
  const held = town.lively('blocked', 1);
  blocked = await town.upload('eve', held, 'What is blocked', { visibility: 'only_me' });
  await ask('mo', 'POST', '/moderation/blocked', {
    video_id: blocked,
    kind: 'clip',
    reason: 'Shown without leave',
  });
  plain = await town.upload('ada', town.lively('plain', 2), 'For everyone #mixed');
  limited = await town.upload('ada', town.lively('limited', 3), 'Not for everyone #mixed');
  flashing = await town.upload('ada', town.strobe('flashing', 4), 'It flashes #flashing');
  await limit(limited, true);
});
after(() => town.close());

/** The page's requests for what a clip is made of. */
async function mediaOf(page, id) {
  const { playback } = await ask('mo', 'GET', `/videos/${id}`);
  const folder = new URL(playback.cover, town.server.url).pathname.split('/').slice(0, -2).join('/');
  const asked = [];
  page.on('request', (request) => {
    if (new URL(request.url()).pathname.startsWith(folder)) asked.push(request.url());
  });
  return asked;
}

/** What the page tells of what was seen. */
function eventsOf(page) {
  const told = [];
  page.on('request', (request) => {
    if (request.url().endsWith('/api/v1/events')) told.push(...JSON.parse(request.postData()).events);
  });
  return told;
}

const cover = (page, text) => current(page).getByRole('group', { name: text });
const button = (page, name) => page.getByRole('button', { name, exact: true });
const heldBy = (caption) => town.upload('bob', town.lively('again', 1), caption);

async function openMenu(page) {
  await current(page).locator('button.act.last').click();
  await page.getByRole('dialog', { name: 'More' }).waitFor();
}

/** Answers to `address` as `change` makes them of the real ones. */
const changed = (page, address, change) =>
  page.route(address, async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, json: change(await answer.json()) }).catch(() => {});
  });

test('a held card says why, and its three decisions are three ends', async () => {
  const captions = ['To release', 'To limit', 'To delete'];
  const ids = [];
  for (const caption of captions) ids.push(await heldBy(caption));
  const { context, page } = await town.signedIn('mo');
  await changed(page, '**/moderation/held', (held) => ({
    ...held,
    items: held.items.map((one) =>
      one.id === ids[1] ? { ...one, matched: null, judgement: JUDGEMENT } : one,
    ),
  }));
  await openModeration(page);
  await card(page, ids[0]).getByText('Shown without leave').waitFor();
  await card(page, ids[0]).getByText('It did not look at it.').waitFor();
  const judged = card(page, ids[1]);
  await judged.getByText('96%').waitFor();
  await judged.getByText('3%', { exact: true }).waitFor();
  await judged.getByText('Decided by the scene at 0:12. A score is advice.').waitFor();
  assert.equal(await judged.getByText('Matches on the list').count(), 0);
  const bars = await judged.locator('.bar span').evaluateAll((all) => all.map((one) => one.style.width));
  assert.deepEqual(bars, ['96%', '3%']);
  await judged.scrollIntoViewIfNeeded();
  await shot(page, 'held-judged');

  await card(page, ids[0]).getByRole('button', { name: 'Release: To release' }).tap();
  await toast(page, 'Released. Its owner is told.');
  await judged.getByRole('button', { name: 'Release as sensitive: To limit' }).tap();
  await toast(page, 'Released for those who ask for sensitive videos.');
  await card(page, ids[2]).getByRole('button', { name: 'Delete for good: To delete' }).tap();
  await page.getByRole('dialog').locator('button.danger:enabled').tap();
  await toast(page, 'Deleted.');
  const of = async (id) => ask('bob', 'GET', `/videos/${id}`);
  const marks = async (id) => [(await of(id)).held, (await of(id)).sensitive];
  assert.deepEqual(await marks(ids[0]), [false, false]);
  assert.deepEqual(await marks(ids[1]), [false, true]);
  await assert.rejects(of(ids[2]), /404/);
  await context.close();
});

test('the page of moderation says what looks at videos, and what to do where nothing does', async () => {
  const { context, page } = await town.signedIn('mo', DESKTOP);
  await openModeration(page);
  const line = page.getByRole('region', { name: 'Classifier' });
  await line.getByText('No classifier looks at new videos').waitFor();
  await line.getByText('./run makes a classifier at set-up').waitFor();
  await shot(page, 'classifier-none');
  const address = '**/moderation/safety';
  const says = async (view, text) => {
    await changed(page, address, (real) => ({ ...real, ...view }));
    await button(page, 'Reload').click();
    await line.getByText(text).waitFor();
    await page.unroute(address);
  };
  await says({ classifier: JUDGEMENT.by }, 'safety-0a1b2c looks at new videos before they are published.');
  await line.getByText('A score is advice').waitFor();
  await shot(page, 'classifier-looks');
  await says(
    { problem: 'The file is cut off.' },
    'is not used, and nothing looks at new videos. The file is cut off.',
  );
  expects(page, NO_ANSWER);
  await page.route(address, (route) => route.abort('internetdisconnected'));
  await page.goto('/settings');
  await follow(page, '/moderation');
  await line.getByText('What looks at new videos could not be asked for.').waitFor();
  await page.getByRole('heading', { name: 'Block list' }).waitFor();
  await context.close();
});

test('who is of age asks for sensitive videos in the settings; a switch that failed is back', async () => {
  const { context, page } = await town.signedIn('bob');
  await page.goto('/settings');
  const choice = page.getByRole('switch', { name: 'Sensitive videos' });
  await page.getByText('Your feed may hold videos that are not for everyone.').waitFor();
  assert.equal(await choice.getAttribute('aria-checked'), 'false');
  const asks = async () => (await ask('bob', 'GET', '/me')).settings.sensitive;

  expects(page, NO_ANSWER);
  await page.route('**/api/v1/me', (route) =>
    route.request().method() === 'PATCH' ? route.abort('internetdisconnected') : route.fallback(),
  );
  await choice.tap();
  await page.locator('.toast').waitFor();
  assert.equal(await choice.getAttribute('aria-checked'), 'false');
  assert.equal(await asks(), false);
  await page.unroute('**/api/v1/me');

  await choice.focus();
  await page.keyboard.press('Space');
  assert.equal(await choice.getAttribute('aria-checked'), 'true');
  await eventually(asks);
  await choice.scrollIntoViewIfNeeded();
  await shot(page, 'settings-adult');
  await page.goto(`/v/${limited}`);
  await playing(page);
  assert.equal(await cover(page, SENSITIVE).count(), 0, 'she has asked for it');
  await page.goto('/tag/mixed');
  await page.locator('a.tile img.cover.loaded').nth(1).waitFor();
  assert.equal(await page.getByRole('img', { name: 'Sensitive' }).count(), 0);
  await page.goto('/settings');
  await choice.tap();
  await eventually(async () => !(await asks()));
  await context.close();
});

test('minors read why there is no such switch, and guests find none', async () => {
  const kid = await town.signedIn('kid');
  await kid.page.goto('/settings');
  await kid.page.getByText('They can be switched on from 18 years on.').waitFor();
  assert.equal(await kid.page.getByRole('switch', { name: 'Sensitive videos' }).count(), 0);
  await kid.page.getByRole('switch', { name: 'Skip flashing lights' }).waitFor();
  await shot(kid.page, 'settings-minor');
  await kid.context.close();

  const guest = await town.visitor();
  await guest.page.goto('/settings');
  await guest.page.getByRole('switch', { name: 'Skip flashing lights' }).waitFor();
  assert.equal(await guest.page.getByText('Sensitive videos').count(), 0);
  await guest.context.close();
});

test('nothing of a sensitive video is loaded, played or counted until somebody wants to see it', async () => {
  const { context, page } = await town.visitor();
  const media = await mediaOf(page, limited);
  const events = eventsOf(page);
  await page.goto('/tag/mixed');
  const tile = page.locator(`a.tile[href="/v/${limited}"]`);
  await tile.getByRole('img', { name: 'Sensitive' }).waitFor();
  await page.locator(`a.tile[href="/v/${plain}"] img.cover.loaded`).waitFor();
  await shot(page, 'grid-guest');
  await tile.tap();
  await cover(page, SENSITIVE).waitFor();
  await page.waitForTimeout(1200);
  await shot(page, 'cover-guest');
  assert.equal(
    await page.getByRole('link', { name: 'Setting for such videos' }).count(),
    0,
    'of no known age',
  );
  assert.deepEqual(media, []);
  await cover(page, SENSITIVE).tap({ position: { x: 60, y: 120 } });
  await page.keyboard.press('Space');
  await page.waitForTimeout(600);
  assert.deepEqual(media, [], 'only its button shows it');

  await drag(page, { from: 0.3, to: 0.1 });
  await eventually(async () => (await currentId(page)) === plain);
  await playing(page);
  await swipe(page, 'ArrowUp');
  await cover(page, SENSITIVE).waitFor();
  await page.waitForTimeout(400);
  assert.deepEqual(media, []);
  const before = events.filter(({ event }) => event === 'impression').length;
  assert.equal(before, 1, 'of the one that played');

  await button(page, 'Show it').tap();
  await playing(page);
  await eventually(() => media.length > 0);
  await eventually(() => events.filter(({ event }) => event === 'impression').length === 2);
  assert.equal(await cover(page, SENSITIVE).count(), 0);
  await swipe(page, 'ArrowDown');
  await swipe(page, 'ArrowUp');
  await playing(page);
  assert.equal(await cover(page, SENSITIVE).count(), 0, 'once is enough');
  await page.getByRole('button', { name: 'Back', exact: true }).tap();
  await tile.locator('img.cover.loaded').waitFor();
  await page.reload();
  await tile.getByRole('img', { name: 'Sensitive' }).waitFor();
  await context.close();
});

test('it is covered in the feed of who follows its maker, and opened by keyboard too', async () => {
  await ask('bob', 'PUT', '/accounts/ada/follow');
  const { context, page } = await town.signedIn('bob', DESKTOP);
  await page.goto('/');
  const media = await mediaOf(page, limited);
  await page.getByRole('tab', { name: 'Following' }).click();
  await eventually(async () => (await shownList(page)).entries.some((one) => one.video_id === limited));
  for (let swipes = 0; (await currentId(page)) !== limited && swipes < 3; swipes++) await swipe(page);
  await cover(page, SENSITIVE).waitFor();
  await page.waitForTimeout(800);
  assert.deepEqual(media, []);
  await shot(page, 'cover-desktop');
  await page.keyboard.press('s');
  await page.waitForTimeout(300);
  assert.deepEqual(media, [], 'nor is it searched for what it shows');
  await button(page, 'Show it').press('Enter');
  await playing(page);
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute('aria-label')), 'Video player');
  assert.ok(media.length > 0);
  await context.close();
});

test('adults find the way from the cover to the setting, minors find the cover alone', async () => {
  const bob = await town.signedIn('bob');
  await bob.page.goto(`/v/${limited}`);
  await cover(bob.page, SENSITIVE).getByRole('link', { name: 'Setting for such videos' }).tap();
  await bob.page.getByRole('switch', { name: 'Sensitive videos' }).waitFor();
  await bob.context.close();

  const kid = await town.signedIn('kid');
  const media = await mediaOf(kid.page, limited);
  await kid.page.goto(`/v/${limited}`);
  await button(kid.page, 'Show it').waitFor();
  assert.equal(await kid.page.getByRole('link', { name: 'Setting for such videos' }).count(), 0);
  assert.deepEqual(media, []);
  await kid.context.close();
});

test('its owner plays it as ever, and reads what limited means', async () => {
  const { context, page } = await town.signedIn('ada');
  await page.goto(`/v/${limited}`);
  await playing(page);
  assert.equal(await cover(page, SENSITIVE).count(), 0);
  await shot(page, 'owner-limited');
  await current(page).getByRole('button', { name: 'Limited' }).tap();
  const sheet = page.getByRole('dialog', { name: 'Limited' });
  await sheet.getByText('It is only in the feeds of people who ask for sensitive videos.').waitFor();
  await settled(page);
  await shot(page, 'owner-limited-note');
  await page.goto('/inbox');
  const row = page
    .locator('.one', { hasText: 'only shown in the feeds of people who ask for sensitive' })
    .first();
  assert.equal(await row.getAttribute('href'), `/v/${limited}`);
  await shot(page, 'inbox-limited');
  await limit(limited, false);
  const back = page.locator('.one', { hasText: 'Your video is for everyone again.' });
  await back.waitFor();
  assert.equal(await back.getAttribute('href'), `/v/${limited}`);
  await limit(limited, true);
  await context.close();
  const desk = await town.signedIn('ada', DESKTOP);
  await desk.page.goto(`/v/${limited}`);
  await playing(desk.page);
  await desk.page.getByRole('note').getByText('Limited', { exact: true }).waitFor();
  await shot(desk.page, 'owner-limited-desktop');
  await desk.context.close();
});

test('a moderator limits a clip from its menu, and takes that back', async () => {
  const { context, page } = await town.signedIn('mo');
  await page.goto(`/v/${plain}`);
  await playing(page);
  await openMenu(page);
  await button(page, 'Limit').tap();
  const sheet = page.getByRole('dialog', { name: 'Limit' });
  await sheet.getByText('It did not look at it.').waitFor();
  await settled(page);
  await shot(page, 'limit-sheet');
  expects(page, NO_ANSWER);
  await page.route('**/safety', (route) => route.abort('internetdisconnected'));
  await sheet.getByRole('button', { name: 'Limit', exact: true }).tap();
  await sheet.getByRole('alert').waitFor();
  assert.equal(await isSensitive(plain), false);
  await page.unroute('**/safety');
  await sheet.getByRole('button', { name: 'Limit', exact: true }).tap();
  await closed(page);
  await toast(page, 'Limited. Its owner is told.');
  assert.equal(await isSensitive(plain), true);
  await playing(page);
  assert.equal(await cover(page, SENSITIVE).count(), 0, 'who decides has seen it');
  await button(page, 'Undo').tap();
  await toast(page, 'It is for everyone.');
  assert.equal(await isSensitive(plain), false);

  await limit(plain, true);
  await page.goto(`/v/${plain}`);
  await cover(page, SENSITIVE).waitFor();
  await openMenu(page);
  await button(page, 'For everyone again').tap();
  await page.getByRole('dialog').getByRole('button', { name: 'For everyone again' }).tap();
  await toast(page, 'It is for everyone again.');
  await playing(page);
  assert.equal(await isSensitive(plain), false);
  await context.close();
  const other = await town.signedIn('bob');
  await other.page.goto(`/v/${plain}`);
  await playing(other.page);
  await openMenu(other.page);
  assert.equal(await button(other.page, 'Limit').count(), 0);
  await other.context.close();
});

test('a clip that flashes says so before it plays, to everybody', async () => {
  assert.equal((await ask('bob', 'GET', `/videos/${flashing}`)).flashes, true, 'the server has seen it');
  const { context, page } = await town.visitor();
  const media = await mediaOf(page, flashing);
  await page.goto(`/v/${flashing}`);
  await cover(page, FLASHES)
    .getByText('may trigger seizures in people with photosensitive epilepsy')
    .waitFor();
  await page.waitForTimeout(800);
  assert.deepEqual(media, []);
  await button(page, 'Play').tap();
  await playing(page);
  await current(page).locator('.chip', { hasText: FLASHES }).waitFor();
  await context.close();
  const ada = await town.signedIn('ada');
  await ada.page.goto(`/v/${flashing}`);
  await playing(ada.page);
  await current(ada.page).locator('.chip', { hasText: FLASHES }).waitFor();
  await ada.context.close();
});

test('the first clip of the feed, which begins before the app is there, waits too', async () => {
  const { context, page } = await town.visitor();
  const asked = [];
  page.on('request', (request) => request.url().includes('/media/') && asked.push(request.url()));
  await changed(page, '**/api/v1/feed?*', (feed) => ({
    ...feed,
    items: feed.items.map((item) => ({ ...item, video: { ...item.video, flashes: true } })),
  }));
  await page.goto('/');
  await cover(page, FLASHES).waitFor();
  await page.waitForTimeout(800);
  assert.deepEqual(asked, []);
  await button(page, 'Play').tap();
  await playing(page);
  await eventually(() => asked.length > 0);
  await context.close();
});

test('who skips such videos comes upon none in the feed, until the settings say otherwise', async () => {
  const { context, page } = await town.visitor();
  await changed(page, '**/api/v1/feed?*', (feed) => ({
    ...feed,
    items: feed.items.map((item) => ({
      ...item,
      video: { ...item.video, flashes: item.video.id === plain },
    })),
  }));
  await page.route('**/api/v1/videos/*', async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, json: { ...(await answer.json()), flashes: true } });
  });
  await page.goto(`/v/${plain}`);
  await cover(page, FLASHES).waitFor();
  await button(page, 'Skip such videos').tap();
  await toast(page, 'Videos with flashing lights are skipped on this device from now on.');
  await eventually(async () => (await currentId(page)) !== plain);
  await shot(page, 'flashes-skipped');
  await page.goto('/');
  const passed = async () => {
    const seen = new Set();
    for (let swipes = 0, further = true; further && swipes < 12; swipes++) {
      seen.add(await currentId(page));
      const { index, entries } = await shownList(page);
      further = index < entries.length - 1;
      if (further) await swipe(page);
    }
    return seen;
  };
  await toast(page, 'A video with flashing lights was skipped.');
  assert.ok(!(await passed()).has(plain));
  await page.goto('/settings');
  const choice = page.getByRole('switch', { name: 'Skip flashing lights' });
  assert.equal(await choice.getAttribute('aria-checked'), 'true');
  await choice.tap();
  await page.goto('/');
  await eventually(() => page.evaluate(() => window.__filoscope?.list?.().entries.length > 0));
  assert.ok((await passed()).has(plain));
  await context.close();
});

test('each of it at its sizes, in both themes, from right to left, with large type and in German', async () => {
  const held = await heldBy('A card with a judgement');
  const found = [];
  for (const [name, options] of SIZES) {
    const { context, page } = await town.signedIn('mo', options);
    const look = async (at) => {
      await settled(page);
      const touch = options !== DESKTOP;
      const lines = [
        ...(await faults(page, touch)),
        ...(await wordFaults(page)),
        ...(touch ? await layoutFaults(page) : []),
        ...(await violations(page)),
      ];
      found.push(...lines.map((line) => `${name}, ${at}: ${line}`));
      await shot(page, `safety-${name}-${at}`);
    };
    const inEachWay = async (at) => {
      for (const colorScheme of ['light', 'dark']) {
        await page.emulateMedia({ colorScheme });
        await look(`${at}-${colorScheme}`);
      }
      await page.evaluate(() => (document.documentElement.dir = 'rtl'));
      await look(`${at}-rtl`);
      await page.evaluate(() => {
        document.documentElement.dir = 'ltr';
        document.documentElement.style.fontSize = '32px';
      });
      await look(`${at}-type-200`);
      await page.evaluate(() => (document.documentElement.style.fontSize = ''));
    };
    const everywhere = async (language) => {
      await page.goto(`/v/${limited}`);
      await current(page).locator('.warning button').first().waitFor();
      await inEachWay(`cover-${language}`);
      await changed(page, `**/api/v1/videos/${plain}?*`, (video) => ({ ...video, flashes: true }));
      await page.goto(`/v/${plain}`);
      await current(page).locator('.warning button').first().waitFor();
      await inEachWay(`flashes-${language}`);
      await page.unroute(`**/api/v1/videos/${plain}?*`);
      await page.goto('/settings');
      await page.getByRole('switch').nth(1).waitFor();
      await look(`settings-${language}`);
      await changed(page, '**/moderation/held', ({ items, ...rest }) => ({
        ...rest,
        items: items.map((one) => ({ ...one, judgement: JUDGEMENT })),
      }));
      await follow(page, '/moderation');
      await card(page, held).locator('.bar').first().waitFor();
      await inEachWay(`held-${language}`);
    };
    await everywhere('en');
    await ask('mo', 'PATCH', '/me', { language: 'de' });
    await everywhere('de');
    await ask('mo', 'PATCH', '/me', { language: 'en' });
    await context.close();
  }
  assert.deepEqual(found, []);
});
