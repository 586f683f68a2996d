// A list is found as it was left, and yet says what is so now.

import assert from 'node:assert/strict';
import {
  closed,
  current,
  eventually,
  follow,
  nav,
  person,
  playing,
  posted,
  recordClip,
  sharedBrowser,
  signUp,
  test,
  visitor,
} from './lib.mjs';

const browser = sharedBrowser();

const tile = (page) => page.locator('a.tile');
const none = (page) => eventually(async () => (await tile(page).count()) === 0);
const openMore = (page) => current(page).locator('button.act.last').tap();

async function edit(page, caption) {
  await openMore(page);
  await page.getByRole('button', { name: 'Edit video' }).tap();
  await page.fill('#edit-caption', caption);
  await page.getByRole('button', { name: 'Save changes' }).tap();
  await closed(page);
}

async function remove(page) {
  await openMore(page);
  await page.getByRole('button', { name: 'Delete video' }).tap();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).tap();
  await closed(page);
}

async function openRemoved(page) {
  await page.getByRole('button', { name: 'Recently deleted' }).tap();
  return page.getByRole('dialog');
}

test('what she changes or deletes on a clip is so in the list behind it, and in the deleted ones', async () => {
  const clip = await recordClip(browser, { seconds: 1 });
  const { context, page } = await visitor(browser);
  await signUp(page, 'tidying');
  await page.getByRole('button', { name: 'Not now' }).tap();
  await posted(page, clip, { caption: 'as it was' });
  await nav(page, 'Me').tap();
  await tile(page).first().tap();
  await playing(page);
  await edit(page, 'as it is now');
  await page.goBack();
  await page.locator('a.tile', { hasText: 'as it is now' }).waitFor();
  await tile(page).first().tap();
  await playing(page);
  await remove(page);
  await page.goBack();
  await none(page);

  await page.goto('/settings');
  const sheet = await openRemoved(page);
  await sheet.getByText('as it is now').waitFor();
  await sheet.getByRole('button', { name: 'Close' }).tap();
  await closed(page);
  await openRemoved(page);
  await sheet.getByRole('button', { name: 'Restore' }).tap();
  await sheet.getByText('as it is now').waitFor({ state: 'detached' });
  await sheet.getByRole('button', { name: 'Close' }).tap();
  await closed(page);
  await openRemoved(page);
  await sheet.getByText('Nothing deleted').waitFor();
  await context.close();
});

test('a clip that she likes no longer is not among the liked ones behind it', async () => {
  const { context, page } = await visitor(browser);
  await signUp(page, 'fickle');
  await nav(page, 'Home').tap();
  await playing(page);
  const heart = () => current(page).locator('button.act').first();
  await heart().tap();
  await current(page).locator('button.act.liked').waitFor();
  await nav(page, 'Me').tap();
  await page.getByRole('tab', { name: 'Liked' }).tap();
  await tile(page).first().tap();
  await playing(page);
  await heart().tap();
  await current(page).locator('button.act.liked').waitFor({ state: 'detached' });
  await page.goBack();
  await page.locator('[role=tab][aria-selected=true]', { hasText: 'Liked' }).waitFor();
  await none(page);
  await context.close();
});

test('the inbox behind a page shows what came meanwhile, and its badge goes', async () => {
  const { context, page } = await visitor(browser);
  const handle = await signUp(page, 'elsewhere');
  await (await person('first')).call('PUT', `/accounts/${handle}/follow`);
  await nav(page, 'Inbox').tap();
  await page.getByText('follows you').first().tap();
  await page.locator('.head .counts').waitFor();
  await (await person('second')).call('PUT', `/accounts/${handle}/follow`);
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  const badge = page.locator('nav').getByText('1 unread');
  await badge.waitFor({ state: 'attached' });
  await page.goBack();
  await eventually(async () => (await page.getByText('follows you').count()) === 2);
  await badge.waitFor({ state: 'detached' });
  await context.close();
});

test('a long list asked anew behind a clip is where it was', async () => {
  const { context, page } = await visitor(browser);
  const handle = await signUp(page, 'deep');
  // Pages of two: what she has scrolled to lies on a later one.
  await page.route('**/api/v1/hashtags/*/videos**', (route) => {
    const url = new URL(route.request().url());
    url.searchParams.set('limit', '2');
    return route.continue({ url: url.href });
  });
  await page.setViewportSize({ width: 390, height: 300 });
  await follow(page, '/tag/ceramics');
  await tile(page).nth(4).waitFor();
  const list = page.locator('.page');
  await list.evaluate((node) => node.scrollTo({ top: 200 }));
  const top = await list.evaluate((node) => node.scrollTop);
  assert.ok(top > 100, `there is something to scroll: ${top}`);
  await follow(page, `/@${handle}`);
  await page.locator('.head .counts').waitFor();
  await follow(page, `/@${handle}`); // a page asked for again: lists behind it are not what is newest
  const asked = page.waitForResponse(/hashtags\/ceramics\/videos/);
  await page.goBack();
  await asked;
  await page.waitForLoadState('networkidle');
  await tile(page).nth(4).waitFor();
  assert.ok(Math.abs((await list.evaluate((node) => node.scrollTop)) - top) < 2);
  await context.close();
});

test('a sheet opened again asks again', async () => {
  const { context, page } = await visitor(browser);
  const handle = await signUp(page, 'joining');
  const other = await person('joined');
  await page.goto(`/@${other.handle}`);
  const open = () => page.getByRole('button', { name: 'Followers' }).tap();
  const sheet = page.getByRole('dialog');
  await open();
  await sheet.getByText('Nobody here yet').waitFor();
  await sheet.getByRole('button', { name: 'Close' }).tap();
  await closed(page);
  await page.getByRole('button', { name: 'Follow', exact: true }).tap();
  await page.getByRole('button', { name: 'Following', exact: true }).waitFor();
  await open();
  await sheet.getByText(`@${handle}`).waitFor();
  await context.close();
});
