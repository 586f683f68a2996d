// Finding: what search opens on, what it offers while somebody types, what it answers, and back.

import assert from 'node:assert/strict';
import {
  answered,
  closed,
  current,
  currentId,
  DESKTOP,
  eventually,
  expects,
  fillSignUp,
  follow,
  nav,
  newHandle,
  NO_ANSWER,
  ownServer,
  path,
  PHONE,
  playing,
  posted,
  recordClip,
  sharedBrowser,
  shot,
  signUp,
  swipe,
  test,
  visitor,
} from './lib.mjs';
import { settled } from './pages.mjs';
import { violations } from './violations.mjs';

const browser = sharedBrowser();

const box = (page) => page.getByRole('combobox');
const options = (page) => page.getByRole('option');
const tiles = (page) => page.locator('a.tile');
const heading = (page, name) => page.getByRole('heading', { name, exact: true });
const query = (page) => new URL(page.url()).searchParams.get('q');
const START = '**/api/v1/search/start';
const SUGGEST = '**/api/v1/search/suggest**';
const SEARCH = '**/api/v1/search?**';

/** The real answers, with what only many people and subtitles would bring. */
async function answers(page, pattern, change) {
  await page.route(pattern, async (route) => {
    const answer = await route.fetch();
    const json = await answer.json();
    change(json);
    await route.fulfill({ response: answer, json });
  });
}

const search = (text) => ({ kind: 'search', text, detail: '' });
/** Offers these for whatever is typed; returns what has been asked. */
async function offers(page, itemsOf) {
  const asked = [];
  await page.route(SUGGEST, async (route) => {
    const q = new URL(route.request().url()).searchParams.get('q');
    asked.push(q);
    await route.fulfill({ json: { items: await itemsOf(q) } }).catch(() => {});
  });
  return asked;
}

/** What is said to somebody who sees none of it. */
const chosen = (page) =>
  box(page).evaluate(
    (node) => document.getElementById(node.getAttribute('aria-activedescendant'))?.innerText ?? null,
  );

test('a server without a clip says so and offers to upload; three clips are shown once', async () => {
  const server = await ownServer();
  const { context, page, errors } = await visitor(browser, { ...PHONE, baseURL: server.url });
  await page.goto('/search');
  await heading(page, 'Nothing to see yet').waitFor();
  assert.deepEqual(await page.locator('.page h2').allInnerTexts(), ['Nothing to see yet']);
  assert.deepEqual(await violations(page), []);
  await shot(page, 'search-start-none');
  await page.getByRole('link', { name: 'Upload a video' }).click();
  await page.waitForURL('**/upload');

  await signUp(page, 'first');
  const ids = [];
  for (const number of [1, 2, 3]) {
    const clip = await recordClip(browser, { seconds: 1 });
    ids.push(await posted(page, clip, { caption: `Number ${number} #few` }));
  }
  await nav(page, 'Search').tap();
  await tiles(page).nth(2).waitFor();
  await settled(page);
  const shown = await tiles(page).evaluateAll((nodes) => nodes.map((node) => node.getAttribute('href')));
  assert.deepEqual(shown.sort(), ids.map((id) => `/v/${id}`).sort(), 'each once');
  for (const section of await page.locator('.page section').all()) {
    assert.ok((await section.locator('li').count()) > 0, await section.innerText());
  }
  assert.deepEqual(await violations(page), []);
  await shot(page, 'search-start-three');
  assert.deepEqual(errors, []);
  await context.close();
  await server.close();
});

test('what rises says since when, in her language', async () => {
  const hour = new Date().setMinutes(0, 0, 0);
  const early = new Date(hour).setHours(-2);
  for (const [locale, title, now, yesterday] of [
    ['en-GB', 'Rising searches', /^since \d\d:00$/, 'since yesterday 22:00'],
    ['de-DE', 'Immer öfter gesucht', /^seit \d\d:00 Uhr$/, 'seit gestern, 22:00 Uhr'],
  ]) {
    const { context, page } = await visitor(browser, { ...PHONE, locale });
    await answers(page, START, (start) => {
      start.searches = [
        { query: 'double pendulum', since_ms: hour },
        { query: 'שלום עולם', since_ms: early },
      ];
      start.hashtags[0].since_ms = hour;
    });
    await page.goto('/search');
    await heading(page, title).waitFor();
    const times = await page.locator('time').allInnerTexts();
    assert.equal(times.length, 3);
    assert.match(times[0], now);
    assert.equal(times[1], yesterday);
    assert.equal(await page.locator('time').nth(1).getAttribute('datetime'), new Date(early).toISOString());
    assert.deepEqual(await violations(page), []);
    await shot(page, `search-rising-${locale}`);
    await page.getByRole('link', { name: 'double pendulum' }).tap();
    await eventually(() => query(page) === 'double pendulum');
    await page.goBack();
    await page.locator('#recent').waitFor();
    await context.close();
  }
});

test('recent searches are forgotten one by one or all at once, and come back', async () => {
  const { context, page } = await visitor(browser);
  await page.goto('/search');
  for (const word of ['one', 'two', 'three']) {
    await box(page).fill(word);
    await page.keyboard.press('Enter');
    await eventually(() => query(page) === word);
  }
  await nav(page, 'Search').tap();
  await page.getByText('Kept on this device only').waitFor();
  const forget = page.getByRole('button', { name: /^Forget “/ });
  await page.getByRole('button', { name: 'Forget “three”' }).tap();
  assert.equal(await forget.count(), 2);
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute('aria-label')), 'Forget “two”');
  await page.getByRole('button', { name: 'Clear all' }).tap();
  await forget.first().waitFor({ state: 'detached' });
  assert.equal(await page.evaluate(() => localStorage.getItem('fs.searches')), '[]');
  await page.getByRole('button', { name: 'Undo' }).tap();
  assert.equal(await forget.count(), 2);
  await context.close();
});

test('back finds the start page where it was, asked for once; a row is a playlist', async () => {
  const { context, page, errors } = await visitor(browser);
  let asked = 0;
  page.on('request', (request) => (asked += request.url().endsWith('/search/start') ? 1 : 0));
  await page.setViewportSize({ width: 390, height: 600 });
  await page.goto('/search');
  const row = page.locator('section', { has: page.getByRole('heading', { name: '#ceramics' }) }).last();
  const strip = row.locator('ul');
  await strip.locator('a.tile').nth(3).waitFor();
  await strip.evaluate((node) => node.scrollIntoView({ block: 'center' }));
  await strip.evaluate((node) => node.scrollTo({ left: 280, behavior: 'instant' }));
  const ids = await strip
    .locator('a.tile')
    .evaluateAll((nodes) => nodes.map((node) => node.getAttribute('href').slice('/v/'.length)));
  await eventually(() => strip.evaluate((node) => node.scrollLeft > 200));
  await page.waitForTimeout(400); // it snaps
  const where = () =>
    strip.evaluate((node) => [Math.round(node.closest('.page').scrollTop), Math.round(node.scrollLeft)]);
  const before = await where();
  assert.ok(before[0] > 50, `there is something to scroll: ${before}`);
  await strip.locator('a.tile').nth(3).tap();
  await playing(page);
  assert.equal(await currentId(page), ids[3]);
  await swipe(page);
  assert.equal(await currentId(page), ids[4], 'on in the row');
  await page.goBack();
  await strip.locator('a.tile').nth(3).waitFor();
  await eventually(async () => {
    const now = await where();
    return now.every((px, index) => Math.abs(px - before[index]) < 3);
  });
  assert.equal(asked, 1);
  // Pulled down, or gone to again, it is asked for anew.
  await follow(page, '/search');
  await eventually(() => asked === 2);
  assert.deepEqual(errors, []);
  await context.close();
});

test('a row is gone through by its buttons on a desktop', async () => {
  const { context, page } = await visitor(browser, DESKTOP);
  await answers(page, START, ({ rows }) => {
    for (const row of rows) {
      row.items = Array.from({ length: 4 }, (_, turn) =>
        row.items.map((item) => ({ ...item, video: { ...item.video, id: `${item.video.id}${turn}` } })),
      ).flat();
    }
  });
  await page.goto('/search');
  const row = page.locator('.start section', { has: page.locator('a.tile') }).first();
  const back = row.getByRole('button', { name: 'Back in this row' });
  const on = row.getByRole('button', { name: 'On in this row' });
  assert.equal(await back.getAttribute('aria-disabled'), 'true');
  await on.click();
  await eventually(() => row.locator('ul').evaluate((node) => node.scrollLeft > 400));
  assert.equal(await back.getAttribute('aria-disabled'), 'false');
  await back.click();
  await eventually(() => row.locator('ul').evaluate((node) => node.scrollLeft === 0));
  await eventually(async () => (await back.getAttribute('aria-disabled')) === 'true');
  await row.locator('a.tile').last().focus();
  await eventually(async () => (await on.getAttribute('aria-disabled')) === 'true');
  await context.close();
});

test('a slow start page shows where things will be, a lost one comes back by itself', async () => {
  const { context, page } = await visitor(browser);
  expects(page, NO_ANSWER);
  let release;
  const released = new Promise((resolve) => (release = resolve));
  await page.route(START, (route) => released.then(() => route.continue()));
  await page.goto('/search');
  await page.locator('.start .pulse').first().waitFor();
  release();
  await tiles(page).first().waitFor();
  assert.equal(await page.locator('.start .pulse').count(), 0);
  await page.unroute(START);

  await page.goto('/me');
  await page.getByRole('button', { name: 'Sign in', exact: true }).waitFor();
  await context.setOffline(true);
  await follow(page, '/search');
  await page.getByRole('alert').getByRole('button', { name: 'Try again' }).waitFor();
  await shot(page, 'search-start-offline');
  await context.setOffline(false);
  await tiles(page).first().waitFor();
  await context.close();
});

test('suggestions by keys alone: the first searches what is typed, others lead where they say', async () => {
  const { context, page, errors } = await visitor(browser, DESKTOP);
  await offers(page, () => [
    search('ceramics for beginners'),
    { kind: 'hashtag', text: 'ceramics', detail: '6' },
    { kind: 'person', text: 'maker.ceramics', detail: 'Ceramics maker' },
  ]);
  await page.goto('/search');
  await box(page).focus();
  await page.keyboard.type('cer');
  await options(page).nth(3).waitFor();
  await page.getByRole('status').getByText('4 suggestions, choose with the arrow keys and Enter').waitFor();
  assert.equal(await box(page).getAttribute('aria-expanded'), 'true');
  assert.match(await options(page).first().innerText(), /Search for “cer”/);
  assert.deepEqual(await violations(page), []);
  await shot(page, 'search-typing-desktop');

  assert.equal(await chosen(page), null);
  await page.keyboard.press('ArrowDown');
  assert.match(await chosen(page), /Search for “cer”/);
  await page.keyboard.press('ArrowDown');
  assert.match(await chosen(page), /for beginners/);
  await page.keyboard.press('ArrowRight');
  assert.equal(await box(page).inputValue(), 'ceramics for beginners ');
  assert.equal(await chosen(page), null);
  assert.equal(path(page), '/search');
  assert.equal(query(page), null, 'it is there to be typed on');

  await page.keyboard.press('Escape');
  assert.equal(await options(page).count(), 0);
  assert.equal(await box(page).inputValue(), 'ceramics for beginners ');
  await box(page).fill('cer');
  await options(page).nth(3).waitFor();
  await page.keyboard.press('ArrowUp');
  assert.match(await chosen(page), /@maker.ceramics/);
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/tag/ceramics');
  await page.goBack();

  await box(page).fill('cer');
  await options(page).nth(3).waitFor();
  await page.keyboard.press('Enter');
  await eventually(() => query(page) === 'cer');
  assert.equal(await options(page).count(), 0);
  await page.goBack();
  await box(page).fill('cer');
  await options(page).nth(3).waitFor();
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Enter');
  await eventually(() => query(page) === 'ceramics for beginners');
  assert.deepEqual(errors, []);
  await context.close();
});

test('by finger: a suggestion searches, its arrow puts it into the box', async () => {
  const { context, page } = await visitor(browser);
  const asked = await offers(page, (q) => (q === 'gl' ? [search('glaze recipes')] : []));
  await page.goto('/search');
  await box(page).fill('gl');
  await page.getByRole('button', { name: 'Put “glaze recipes” into the box' }).tap();
  assert.equal(await box(page).inputValue(), 'glaze recipes ');
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute('role')), 'combobox');
  await eventually(() => asked.includes('glaze recipes'));
  await shot(page, 'search-typing-phone');
  await box(page).fill('gl');
  await options(page).nth(1).tap();
  await eventually(() => query(page) === 'glaze recipes');
  assert.equal(await options(page).count(), 0);
  await context.close();
});

test('a slow answer never replaces a later one', async () => {
  const { context, page } = await visitor(browser, DESKTOP);
  let release;
  const slow = new Promise((resolve) => (release = resolve));
  const asked = await offers(page, async (q) => {
    if (q === 'tra') await slow;
    return [search(`${q} found`)];
  });
  await page.goto('/search');
  await box(page).fill('tra');
  await eventually(() => asked.length > 0);
  await box(page).fill('trains');
  await options(page).getByText('trains found').waitFor();
  release();
  await page.waitForTimeout(300);
  assert.deepEqual(asked, ['tra', 'trains']);
  assert.deepEqual(
    (await options(page).allInnerTexts()).map((text) => text.trim()),
    ['Search for “trains”', 'trains found'],
  );
  await context.close();
});

test('what an input method composes is not cut by what is offered', async () => {
  const { context, page } = await visitor(browser);
  await offers(page, (q) => [search(`${q} 入門`)]);
  await page.goto('/search');
  await box(page).focus();
  const cdp = await context.newCDPSession(page);
  for (const text of ['と', 'とう', 'とうげい']) {
    await cdp.send('Input.imeSetComposition', {
      text,
      selectionStart: text.length,
      selectionEnd: text.length,
    });
    await options(page).getByText(`${text} 入門`).waitFor();
  }
  await cdp.send('Input.insertText', { text: '陶芸' });
  assert.equal(await box(page).inputValue(), '陶芸');
  await page.waitForTimeout(150); // a key right behind the composition would be a part of it
  await page.keyboard.press('Enter');
  await eventually(() => query(page) === '陶芸');
  await context.close();
});

test('everything that is named so stands together, each with the way to all of it', async () => {
  const { context, page, errors } = await visitor(browser);
  await page.goto('/search?q=ceramics');
  await heading(page, 'Videos').waitFor();
  assert.deepEqual(await page.locator('.results h2').allInnerTexts(), [
    'People',
    'Hashtags',
    'Sounds',
    'Videos',
  ]);
  await page.locator('.results .person a[href="/@maker.ceramics"]').waitFor();
  await page.locator('.results a[href="/tag/ceramics"]').waitFor();
  assert.ok((await tiles(page).count()) >= 6);
  assert.deepEqual(await violations(page), []);
  await shot(page, 'search-all-phone');
  for (const kind of ['People', 'Hashtags', 'Sounds']) {
    await page.getByRole('link', { name: `See all: ${kind}` }).tap();
    await page.locator('nav.seg [aria-current=page]', { hasText: kind }).waitFor();
    await page.locator('.results .row').first().waitFor();
    await page.getByRole('link', { name: 'All', exact: true }).tap();
    await heading(page, 'Videos').waitFor();
  }
  await page.locator('.results a[href="/tag/ceramics"]').tap();
  await page.waitForURL('**/tag/ceramics');
  const asked = [];
  page.on('request', (request) => asked.push(request.url()));
  await page.goBack();
  await heading(page, 'Videos').waitFor();
  assert.equal(await page.locator('.results h2').count(), 4, 'what stood above the videos is kept');
  assert.deepEqual(
    asked.filter((url) => url.includes('/api/v1/search?')),
    [],
  );
  assert.deepEqual(errors, []);
  await context.close();
});

test('a word that is misspelt is corrected, and can be searched for as it is', async () => {
  const { context, page } = await visitor(browser);
  await page.goto('/search?q=ceramiks');
  await page.getByText('Showing results for ceramics.').waitFor();
  await tiles(page).first().waitFor();
  assert.deepEqual(await violations(page), []);
  await shot(page, 'search-corrected-phone');
  // The other tabs go on with the word that found something.
  await page.locator('nav.seg').getByRole('link', { name: 'Hashtags' }).tap();
  await page.locator('.results a[href="/tag/ceramics"]').waitFor();
  await page.goto('/search?q=ceramiks');
  await page.getByRole('link', { name: 'Search instead for ceramiks' }).tap();
  await page.getByText('Nothing found for “ceramiks”').waitFor();
  assert.equal(new URL(page.url()).searchParams.get('exact'), 'yes');
  assert.equal(await box(page).inputValue(), 'ceramiks');
  await page.goto(`/search?q=${encodeURIComponent('clip about trains zzzyqx')}`);
  await page.getByText('No video has all of these words').waitFor();
  await tiles(page).first().waitFor();
  await context.close();
});

test('a clip in which it is said shows the line and begins there, also when swiped to', async () => {
  const { context, page, errors } = await visitor(browser);
  const line = '…the double pendulum swings over…';
  // Clips are short and go round: where each began is taken down.
  await page.addInitScript(() => {
    window.begun = [];
    document.addEventListener('playing', ({ target }) => window.begun.push(target.currentTime), true);
  });
  await answers(page, SEARCH, ({ items }) => {
    for (const item of items) item.match = { at_ms: 2200, text: line };
  });
  await page.goto('/search?q=clip&kind=videos');
  await tiles(page).first().getByText(line).waitFor();
  await tiles(page).first().getByText('0:02', { exact: true }).waitFor();
  assert.deepEqual(await violations(page), []);
  await shot(page, 'search-said-phone');
  await tiles(page).first().tap();
  await playing(page);
  const begun = (count) =>
    eventually(() =>
      page.evaluate(
        (count) => window.begun.filter((atS) => Math.abs(atS - 2.2) < 0.4).length >= count,
        count,
      ),
    );
  await begun(1);
  await page.waitForURL((url) => url.search === '?t=2.2');
  const first = path(page);
  await swipe(page);
  await page.waitForURL((url) => url.pathname !== first && url.search === '?t=2.2');
  await begun(2);
  assert.deepEqual(errors, []);
  await context.close();
});

test('"Find people" lists whom to follow, and searches among people', async () => {
  const { context, page, errors } = await visitor(browser);
  await page.goto('/search?kind=people');
  await heading(page, 'Find people').last().waitFor();
  const makers = page.locator('.person');
  await makers.nth(3).waitFor();
  assert.match(await page.title(), /^Find people/);
  assert.deepEqual(await violations(page), []);
  await shot(page, 'find-people-phone');
  const first = await makers.first().locator('a').getAttribute('href');
  await makers.first().getByRole('button', { name: 'Follow' }).tap();
  await page.locator('#auth-handle').waitFor();
  const handle = newHandle('finder');
  await fillSignUp(page, handle);
  await closed(page);
  await eventually(() =>
    page.evaluate(
      async (at) => (await (await fetch(`/api/v1/accounts/${at.slice(2)}`)).json()).viewer.follows,
      first,
    ),
  );
  const asked = [];
  page.on('request', (request) => {
    const { pathname, searchParams } = new URL(request.url());
    if (pathname.endsWith('/suggest')) asked.push(searchParams.get('q'));
  });
  await box(page).fill('maker.tr');
  await options(page).getByText('@maker.trains').waitFor();
  assert.deepEqual(asked, ['@maker.tr']);
  await page.keyboard.press('Enter');
  await page.waitForURL('**/search?q=maker.tr&kind=people');
  await makers.getByText('@maker.trains').waitFor();
  await page.goBack();
  await heading(page, 'Find people').last().waitFor();
  assert.deepEqual(errors, []);
  await context.close();
});

test('both buttons that lead to "Find people" do', async () => {
  const { context, page } = await visitor(browser);
  expects(page, answered(404));
  await signUp(page, 'alone');
  const find = page.getByRole('link', { name: 'Find people' });
  for (const open of [
    async () => {
      await page.goto('/');
      await page.getByRole('tab', { name: 'Following' }).tap();
    },
    () => page.goto('/@nobody.of.this.name'),
  ]) {
    await open();
    await find.tap();
    await page.locator('.person').first().waitFor();
    assert.equal(path(page), '/search');
  }
  await context.close();
});

test('who is followed from a card stays there, and is not offered again', async () => {
  const { context, page } = await visitor(browser);
  await signUp(page, 'choosing');
  await nav(page, 'Search').tap();
  const cards = page.locator('.people > li');
  await cards.nth(1).waitFor();
  const count = await cards.count();
  await cards.first().getByRole('button', { name: 'Follow' }).tap();
  await cards.first().getByRole('button', { name: 'Following' }).waitFor();
  assert.equal(await cards.count(), count);
  await cards.nth(1).locator('a').tap();
  await page.locator('.head .counts').waitFor();
  await page.goBack();
  await eventually(async () => (await cards.count()) === count - 1);
  assert.equal(await current(page).count(), 0);
  await context.close();
});
