// The browser's own buttons: "back" closes what is open, leads where she came from, and never
// needs to be pressed twice.

import assert from 'node:assert/strict';
import {
  closed,
  current,
  currentId,
  eventually,
  fillSignUp,
  newHandle,
  openFeed,
  path,
  playing,
  sharedBrowser,
  signUp,
  swipe,
  test,
  visitor,
} from './lib.mjs';

const browser = sharedBrowser();

const comments = (page) => current(page).locator('button.act').nth(1).tap();

test('back closes an open sheet and keeps the clip; forward opens it again', async () => {
  const { context, page, errors } = await visitor(browser);
  await openFeed(page);
  await swipe(page);
  await playing(page);
  const id = await currentId(page);
  await comments(page);
  await page.locator('#comment-box').waitFor();
  await page.goBack();
  await closed(page);
  assert.equal(path(page), '/');
  assert.equal(await currentId(page), id);
  await page.goForward();
  await page.locator('#comment-box').waitFor();
  await page.goBack();
  await closed(page);
  await current(page).locator('button.act.last').tap();
  await page.getByRole('button', { name: 'Why this video' }).tap();
  await page.locator('.reason').waitFor();
  await page.goBack();
  await closed(page);
  assert.equal(await currentId(page), id, 'what the menu leads to takes its place');
  await playing(page);
  assert.deepEqual(errors, []);
  await context.close();
});

test('a sheet closed by its cross leaves nothing behind that "back" would have to pass', async () => {
  const { context, page } = await visitor(browser);
  await openFeed(page);
  await current(page).locator('.about .name').tap();
  await page.locator('.head .counts').waitFor();
  const profile = path(page);
  for (let round = 0; round < 3; round++) {
    await page.getByRole('button', { name: 'Followers' }).tap();
    await page.getByRole('dialog').getByRole('button', { name: 'Close' }).tap();
    await closed(page);
  }
  assert.equal(path(page), profile);
  await page.goBack();
  await playing(page);
  assert.equal(path(page), '/');
  await context.close();
});

test('a link in a sheet: back from the page returns to the sheet, then to the clip', async () => {
  const { context, page } = await visitor(browser);
  const handle = await signUp(page, 'linker');
  await page.getByRole('link', { name: 'Home', exact: true }).tap();
  await playing(page);
  const id = await currentId(page);
  await comments(page);
  const sheet = page.getByRole('dialog');
  await sheet.locator('#comment-box').fill('first');
  await sheet.getByRole('button', { name: 'Send' }).tap();
  await sheet.locator(`.head a[href="/@${handle}"]`).first().tap();
  await page.locator('.head .counts').waitFor();
  await closed(page);
  assert.equal(path(page), `/@${handle}`);
  await page.goBack();
  await page.locator('#comment-box').waitFor();
  assert.equal(await currentId(page), id);
  await page.goBack();
  await closed(page);
  await playing(page);
  await page.goBack();
  await page.waitForURL('**/me');
  await context.close();
});

test('signing up above another sheet: back closes only the upper one, and the words stay', async () => {
  const { context, page } = await visitor(browser);
  await openFeed(page);
  await comments(page);
  await page.locator('#comment-box').fill('not sent yet');
  await page.getByRole('button', { name: 'Send' }).tap();
  await page.locator('#auth-handle').waitFor();
  await page.goBack();
  await page.locator('#auth-handle').waitFor({ state: 'detached' });
  assert.equal(await page.locator('#comment-box').inputValue(), 'not sent yet');
  await page.goBack();
  await closed(page);
  assert.equal(path(page), '/');
  await context.close();
});

test('forward onto a sheet that is done with shows none, and the next one opens', async () => {
  const { context, page, errors } = await visitor(browser);
  await openFeed(page);
  await comments(page);
  await page.locator('#comment-box').fill('sent when there is an account');
  await page.getByRole('button', { name: 'Send' }).tap();
  await fillSignUp(page, newHandle('forward'));
  await page.getByRole('dialog').getByText('sent when there is an account').waitFor();
  await page.goForward();
  assert.equal(await page.locator('#auth-handle').count(), 0);
  await page.locator('#comment-box').waitFor();
  await page.reload();
  await playing(page);
  await page.goForward();
  await playing(page);
  assert.equal(await page.getByRole('dialog').count(), 0);
  await comments(page);
  await page.locator('#comment-box').waitFor();
  assert.deepEqual(errors, []);
  await context.close();
});

test('an entry that another version of the app has written is taken as a plain page', async () => {
  const { context, page, errors } = await visitor(browser);
  await openFeed(page);
  await page.evaluate(() => history.replaceState({ depth: 3 }, ''));
  await page.reload();
  await playing(page);
  assert.deepEqual(errors, []);
  await context.close();
});

test('a deep link with a sheet: reload closes it, and back leads out of the app', async () => {
  const { context, page } = await visitor(browser);
  await openFeed(page);
  const id = await currentId(page);
  const fresh = await context.newPage();
  await fresh.goto('/icon.svg');
  await fresh.goto(`/v/${id}`);
  await playing(fresh);
  await comments(fresh);
  await fresh.locator('#comment-box').waitFor();
  await fresh.reload();
  await playing(fresh);
  await eventually(() => fresh.evaluate(() => history.state === null || history.state.depth === 0));
  assert.equal(await fresh.getByRole('dialog').count(), 0);
  assert.equal(path(fresh), `/v/${id}`);
  await fresh.goBack();
  assert.equal(path(fresh), '/icon.svg');
  await context.close();
});
