// What was away comes back by itself: the network, the server, what is new, where she was.

import assert from 'node:assert/strict';
import {
  answered,
  current,
  currentId,
  drag,
  eventually,
  expects,
  NO_ANSWER,
  nav,
  openFeed,
  person,
  playing,
  sharedBrowser,
  shownList,
  signUp,
  swipe,
  test,
  visitor,
} from './lib.mjs';

const browser = sharedBrowser();

const failed = (page) => page.getByRole('heading', { name: 'The feed did not load' });

test('the feed comes back by itself when the network does', async () => {
  const { context, page } = await visitor(browser);
  expects(page, NO_ANSWER);
  await page.goto('/search');
  await page.getByRole('combobox', { name: 'Search' }).waitFor();
  await context.setOffline(true);
  await nav(page, 'Home').tap();
  await failed(page).waitFor();
  await context.setOffline(false);
  await playing(page);
  await context.close();
});

test('the end of the feed, reached without a network, goes on when there is one', async () => {
  const { context, page } = await visitor(browser);
  expects(page, NO_ANSWER);
  await openFeed(page);
  await context.setOffline(true);
  for (let round = 0; round < 12; round++) {
    await page.keyboard.press('ArrowDown');
    await page.waitForTimeout(120);
  }
  await page.waitForTimeout(3500);
  const before = (await shownList(page)).entries.length;
  await context.setOffline(false);
  await eventually(async () => (await shownList(page)).entries.length > before);
  await playing(page);
  await swipe(page);
  await context.close();
});

test('"Try again" asks again, and so does a server that was away', async () => {
  const { context, page } = await visitor(browser);
  expects(page, NO_ANSWER, answered(503));
  await page.goto('/search');
  let how = (route) =>
    route.fulfill({
      status: 503,
      contentType: 'application/problem+json',
      headers: { 'Retry-After': '60' },
      body: '{"status":503,"detail":"busy"}',
    });
  await page.route('**/api/v1/**', (route) => how(route));
  await nav(page, 'Home').tap();
  await failed(page).waitFor();
  how = (route) => route.continue();
  await page.getByRole('button', { name: 'Try again' }).tap();
  await playing(page);
  how = (route) => route.abort('connectionrefused');
  await page.goto('/search');
  await page.unrouteAll();
  await page.route('**/api/v1/**', (route) => how(route));
  await nav(page, 'Home').tap();
  await failed(page).waitFor();
  how = (route) => route.continue();
  await playing(page);
  await context.close();
});

test('who she is comes back when the server was away at the start', async () => {
  const { context, page } = await visitor(browser);
  const handle = await signUp(page, 'returning');
  expects(page, NO_ANSWER);
  let away = true;
  await page.route('**/api/v1/**', (route) => (away ? route.abort('connectionrefused') : route.continue()));
  await page.goto('/me');
  await page.getByRole('button', { name: 'Sign in', exact: true }).waitFor();
  away = false;
  await page.getByText(`@${handle}`).first().waitFor();
  await context.close();
});

test('the badge of the inbox shows without a reload, and the inbox what it stands for', async () => {
  const { context, page } = await visitor(browser);
  const handle = await signUp(page, 'told');
  await nav(page, 'Home').tap();
  await playing(page);
  const fan = await person('fan');
  await fan.call('PUT', `/accounts/${handle}/follow`);
  const badge = page.locator('nav').getByText('1 unread');
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await badge.waitFor({ state: 'attached' });
  await page.locator('nav a[href="/inbox"]').tap();
  await page.getByText('follows you').waitFor();
  await badge.waitFor({ state: 'detached' });
  const second = await person('second');
  await second.call('PUT', `/accounts/${handle}/follow`);
  // Now nobody touches anything: it comes while the page lies open.
  await eventually(async () => (await page.getByText('follows you').count()) === 2, { timeoutMs: 45_000 });
  await context.close();
});

test('Home on Home, and pulling down, ask for what is newest', async () => {
  const { context, page } = await visitor(browser);
  await openFeed(page);
  await swipe(page);
  await swipe(page);
  await eventually(async () => !(await shownList(page)).waiting);
  const asked = () => page.waitForResponse((response) => response.url().includes('/api/v1/feed?'));
  let answer = asked();
  await nav(page, 'Home').tap();
  let { items } = await (await answer).json();
  await eventually(async () => (await shownList(page)).index === 0);
  assert.equal(await currentId(page), items[0].video.id);
  await playing(page);
  answer = asked();
  await drag(page, { from: 0.25, to: 0.6 });
  ({ items } = await (await answer).json());
  await eventually(async () => (await currentId(page)) === items[0].video.id);
  await playing(page);
  await context.close();
});

test('a page asked for again, by its link or by pulling down, shows what is new', async () => {
  const { context, page } = await visitor(browser);
  const handle = await signUp(page, 'pulling');
  await nav(page, 'Inbox').tap();
  await page.getByText('Nothing new').waitFor();
  await (await person('puller')).call('PUT', `/accounts/${handle}/follow`);
  await page.locator('nav a[href="/inbox"]').tap();
  await page.getByText('follows you').waitFor();
  await (await person('other')).call('PUT', `/accounts/${handle}/follow`);
  await drag(page, { from: 0.3, to: 0.7 });
  await eventually(async () => (await page.getByText('follows you').count()) === 2);
  await context.close();
});

test('undoing "not interested" returns to that clip', async () => {
  const { context, page } = await visitor(browser);
  await openFeed(page);
  await swipe(page);
  await playing(page);
  const id = await currentId(page);
  await current(page).locator('button.act.last').tap();
  await page.getByRole('button', { name: 'Not interested' }).tap();
  await eventually(async () => (await currentId(page)) !== id);
  await page.getByRole('button', { name: 'Undo' }).tap();
  await eventually(async () => (await currentId(page)) === id);
  await playing(page);
  assert.equal(await current(page).getByText('You said: not interested').count(), 0);
  await context.close();
});

test('what is being worked on is not "nothing", and goes over to the posted ones by itself', async () => {
  const { context, page } = await visitor(browser);
  await signUp(page, 'working');
  await page.getByText('Nothing posted yet').waitFor();
  const { items } = await (await page.request.get('/api/v1/feed?mode=for_you&limit=1')).json();
  const video = {
    ...items[0].video,
    state: 'processing',
    step: 'encoding',
    progress_percent: 77,
    playback: null,
  };
  let working = [{ kind: 'video', video }];
  let broken = false;
  await page.route('**/api/v1/me/uploads**', (route) =>
    broken
      ? route.fulfill({ status: 503, json: { status: 503, detail: 'busy' } })
      : route.fulfill({ json: { items: working, next_cursor: null } }),
  );
  await page.reload();
  await page.getByText('Working, 77 %').waitFor();
  assert.equal(await page.getByText('Nothing posted yet').count(), 0);
  expects(page, answered(503));
  broken = true;
  await page.waitForResponse(
    (response) => response.url().includes('/me/uploads') && response.status() === 503,
  );
  broken = false;
  const asked = page.waitForRequest((request) => /accounts\/.*\/videos/.test(request.url()));
  working = [];
  await page.getByText('Working, 77 %').waitFor({ state: 'detached' });
  await asked;
  await context.close();
});

test('whom she follows fills Following without a reload', async () => {
  const { context, page } = await visitor(browser);
  await signUp(page, 'follower');
  await nav(page, 'Home').tap();
  await playing(page);
  await page.getByRole('tab', { name: 'Following' }).tap();
  await page.getByText('Follow someone to fill this page').waitFor();
  await page.getByRole('tab', { name: 'For You' }).tap();
  await playing(page);
  const author = await current(page).locator('.rail .who > a').getAttribute('href');
  await current(page).locator('button.follow').tap();
  await current(page).locator('button.follow').waitFor({ state: 'detached' });
  await page.getByRole('tab', { name: 'Following' }).tap();
  await playing(page);
  assert.equal(await current(page).locator('.rail .who > a').getAttribute('href'), author);
  await context.close();
});

test('back from a clip finds the list as she left it', async () => {
  const { context, page } = await visitor(browser);
  await signUp(page, 'scroller');
  await page.goto('/search?q=clip');
  await page.locator('a.tile').nth(8).waitFor();
  const list = page.locator('.page');
  await list.evaluate((node) => node.scrollTo({ top: 300 }));
  const top = await list.evaluate((node) => node.scrollTop);
  assert.ok(top > 100, `there is something to scroll: ${top}`);
  await page.locator('a.tile').nth(8).tap();
  await playing(page);
  await page.goBack();
  await page.locator('a.tile').nth(8).waitFor();
  await eventually(async () => Math.abs((await list.evaluate((node) => node.scrollTop)) - top) < 2);
  await nav(page, 'Me').tap();
  await page.getByRole('tab', { name: 'Saved' }).tap();
  await nav(page, 'Home').tap();
  await playing(page);
  await page.goBack();
  await page.locator('[role=tab][aria-selected=true]', { hasText: 'Saved' }).waitFor();
  await context.close();
});

test('a wrong password is filled in nowhere else', async () => {
  const { context, page } = await visitor(browser);
  expects(page, answered(401), answered(403), answered(404));
  const handle = await signUp(page, 'mistyping');
  const auto = (id) => page.locator(id).getAttribute('autocomplete');
  const value = (id) => page.locator(id).inputValue();
  await page.goto('/settings');
  await page.getByRole('button', { name: 'Delete account' }).tap();
  await page.fill('#erase-password', 'mistyped 1');
  assert.equal(await auto('#erase-password'), 'current-password');
  await page.getByRole('button', { name: 'Cancel' }).tap();
  await page.getByRole('button', { name: 'Delete account' }).tap();
  assert.equal(await value('#erase-password'), '');
  await page.getByRole('button', { name: 'Cancel' }).tap();
  await page.getByRole('button', { name: 'Change password' }).tap();
  assert.deepEqual(
    [await auto('#sign-in-password'), await auto('#sign-in-new')],
    ['current-password', 'new-password'],
  );
  assert.equal(await page.locator('form input[autocomplete=username]').inputValue(), handle);
  await page.getByRole('button', { name: 'Cancel' }).tap();
  await page.getByRole('button', { name: 'Sign out', exact: true }).tap();
  await page.getByText('You are signed out.').waitFor();
  await nav(page, 'Me').tap();
  await page.locator('.page-inner').getByRole('button', { name: 'Sign in' }).tap();
  await page.fill('#auth-handle', handle);
  await page.fill('#auth-password', 'mistyped 2');
  assert.equal(await auto('#auth-password'), 'current-password');
  await page.locator('[role=dialog] form button.main').tap();
  await page.getByRole('dialog').getByRole('alert').waitFor();
  await page.getByRole('button', { name: 'Forgot password?' }).tap();
  assert.deepEqual([await value('#auth-handle'), await value('#auth-password')], [handle, '']);
  assert.equal(await auto('#auth-password'), 'new-password');
  await page.fill('#auth-code', 'abcd');
  await page.fill('#auth-password', 'for the code 3');
  await page.getByRole('dialog').getByRole('button', { name: 'Sign in' }).tap();
  assert.equal(await value('#auth-password'), '');
  await page.fill('#auth-password', 'mistyped 4');
  await page.getByRole('dialog').getByRole('button', { name: 'Sign up' }).tap();
  assert.equal(await value('#auth-password'), '');
  await context.close();
});
