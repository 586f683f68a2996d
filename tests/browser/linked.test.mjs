// A shared link is a way in: the clip opens among the tabs, and the feed goes on behind it.

import assert from 'node:assert/strict';
import { before } from 'node:test';
import {
  answered,
  current,
  currentId,
  DESKTOP,
  eventually,
  expects,
  follow,
  NO_ANSWER,
  openFeed,
  path,
  PHONE,
  playing,
  sharedBrowser,
  shownList,
  signUp,
  swipe,
  test,
  visitor,
} from './lib.mjs';

const browser = sharedBrowser();
let linked;
before(async () => {
  const { context, page } = await visitor(browser);
  await openFeed(page);
  await swipe(page);
  linked = await currentId(page);
  await context.close();
});

for (const [name, options] of [
  ['phone', PHONE],
  ['desktop', DESKTOP],
]) {
  test(`a link opens the clip with the tabs, and swiping goes on in the feed, signed out (${name})`, async () => {
    const { context, page, errors } = await visitor(browser, options);
    await page.goto(`/v/${linked}`);
    await playing(page);
    assert.equal(await currentId(page), linked);
    await page.getByRole('tab', { name: 'For You' }).waitFor();
    await page.getByRole('link', { name: 'Home', exact: true }).waitFor();
    assert.equal(await page.getByRole('button', { name: 'Back', exact: true }).count(), 0);
    const seen = new Set([linked]);
    for (let round = 0; round < 4; round++) {
      await eventually(async () => (await shownList(page)).entries.length > round + 1);
      await swipe(page);
      await playing(page);
      const id = await currentId(page);
      assert.ok(!seen.has(id), `${id} comes again`);
      seen.add(id);
      await page.waitForURL(`**/v/${id}`);
    }
    await swipe(page, 'ArrowUp');
    await page.getByRole('tab', { name: 'For You' }).click();
    await page.waitForURL((url) => url.pathname === '/');
    await playing(page);
    assert.deepEqual(errors, []);
    await context.close();
  });
}

test('a swipe with the finger right after the clip came finds the next one', async () => {
  const { context, page } = await visitor(browser);
  await page.route('**/api/v1/feed?**', async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 700));
    await route.continue();
  });
  await page.goto(`/v/${linked}`);
  await playing(page);
  await swipe(page);
  await playing(page);
  assert.notEqual(await currentId(page), linked);
  await context.close();
});

test('behind a link the feed that is not based on a profile goes on too', async () => {
  const { context, page } = await visitor(browser);
  await page.goto('/settings');
  await page.getByRole('radio', { name: /Not based on a profile/ }).tap();
  await page.goto(`/v/${linked}`);
  await playing(page);
  await eventually(async () => (await shownList(page)).entries.length > 2);
  await swipe(page);
  await playing(page);
  assert.notEqual(await currentId(page), linked);
  await context.close();
});

test('Following asks a visitor to sign up, and leads to it', async () => {
  const { context, page } = await visitor(browser);
  await page.goto(`/v/${linked}`);
  await playing(page);
  await page.getByRole('tab', { name: 'Following' }).tap();
  await page.locator('#auth-handle').waitFor();
  await page.goBack();
  await page.locator('#auth-handle').waitFor({ state: 'detached' });
  assert.equal(path(page), `/v/${linked}`);
  await context.close();
});

test('a link to a clip that is gone says so and leads on', async () => {
  const { context, page } = await visitor(browser);
  expects(page, answered(404));
  await page.goto('/v/0000000000000');
  await page.getByText('This video is not here').waitFor();
  await page.getByRole('link', { name: 'To the feed' }).tap();
  await playing(page);
  assert.equal(path(page), '/');
  await context.close();
});

test('from inside the app the clip of a profile has its list, and back leads there', async () => {
  const { context, page } = await visitor(browser);
  const author = '/@maker.trains';
  await openFeed(page);
  await follow(page, author);
  await page.locator('a.tile').nth(1).tap();
  await playing(page);
  await swipe(page);
  await playing(page);
  assert.equal(await current(page).locator('.rail .who > a').getAttribute('href'), author);
  await page.getByRole('button', { name: 'Back', exact: true }).tap();
  await page.locator('a.tile').first().waitFor();
  await context.close();
});

test('a clip that is still being prepared says how far it is, and plays as soon as it is ready', async () => {
  const { context, page } = await visitor(browser);
  await signUp(page, 'waiting');
  let ready = false;
  await page.route(`**/api/v1/videos/${linked}?**`, async (route) => {
    const answer = await route.fetch();
    const video = await answer.json();
    const working = { ...video, state: 'processing', progress_percent: 77, playback: null };
    await route.fulfill({ response: answer, json: ready ? video : working });
  });
  await page.goto(`/v/${linked}`);
  await page.getByText('77 % done').waitFor();
  ready = true;
  await playing(page);
  await context.close();
});

test('"being prepared" is said no longer than it is so', async () => {
  const { context, page } = await visitor(browser, DESKTOP);
  expects(page, answered(404), NO_ANSWER);
  await signUp(page, 'impatient');
  let how = async (route) => {
    const answer = await route.fetch();
    const json = { ...(await answer.json()), state: 'processing', progress_percent: 77, playback: null };
    await route.fulfill({ response: answer, json });
  };
  const working = how;
  await page.route(`**/api/v1/videos/${linked}?**`, (route) => how(route));
  const said = page.getByText('77 % done');
  await page.goto('/settings');
  await follow(page, `/v/${linked}`);
  await said.waitFor();
  how = (route) => route.abort('connectionrefused');
  await page.getByRole('button', { name: 'Try again' }).waitFor();
  how = working;
  await page.getByRole('button', { name: 'Try again' }).click();
  await said.waitFor();
  // The way back lies above it.
  await page.getByRole('button', { name: 'Back', exact: true }).click();
  await page.getByText('Where you are signed in').waitFor();
  await page.goForward();
  await said.waitFor();
  how = (route) =>
    route.fulfill({
      status: 404,
      contentType: 'application/problem+json',
      body: '{"status":404,"detail":"gone"}',
    });
  await page.getByText('This video is not here').waitFor();
  assert.equal(await said.count(), 0);
  how = working;
  await page.reload();
  await said.waitFor();
  const [other] = await page.evaluate(async (not) => {
    const { items } = await (await fetch('/api/v1/feed?mode=for_you&limit=2')).json();
    return items.map(({ video }) => video.id).filter((id) => id !== not);
  }, linked);
  await follow(page, `/v/${other}`);
  await playing(page);
  await page.waitForTimeout(2500);
  assert.equal(await said.count(), 0);
  await context.close();
});
