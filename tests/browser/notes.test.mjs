// A notification opens what it is about; signing up offers recovery codes; passwords can be shown.

import assert from 'node:assert/strict';
import {
  answered,
  call,
  current,
  DESKTOP,
  eventually,
  expects,
  fillSignUp,
  newHandle,
  openFeed,
  person,
  PHONE,
  playing,
  sharedBrowser,
  signUp,
  test,
  uploaded,
  visitor,
} from './lib.mjs';

const browser = sharedBrowser();

/** Writes so many comments, each from enough people that nobody is too fast. */
async function comments(video, texts) {
  const made = [];
  for (let at = 0; at < texts.length; at += 15) {
    const one = await person('crowd');
    for (const text of texts.slice(at, at + 15)) {
      made.push((await one.call('POST', `/videos/${video}/comments`, { text })).id);
    }
  }
  return made;
}

for (const [name, options] of [
  ['phone', PHONE],
  ['desktop', DESKTOP],
]) {
  test(`a notification opens its very comment, also one of a later page (${name})`, async () => {
    const { context, page } = await visitor(browser, options);
    await signUp(page, 'asked');
    const video = await uploaded(page, browser, { seconds: 2 }, 'talk about it');
    const [first] = await comments(video, [
      'the very first question',
      ...Array.from({ length: 44 }, (_, i) => `later ${i}`),
    ]);
    await page.goto('/inbox');
    const entry = page.locator('a.one', { hasText: 'the very first question' });
    await eventually(async () => {
      await page.locator('.page').evaluate((node) => node.scrollTo({ top: node.scrollHeight }));
      return (await entry.count()) > 0;
    });
    await entry.click();
    await page.waitForURL((url) => url.searchParams.get('comment') === first);
    const wanted = page.locator('.comments li.wanted');
    await wanted.getByText('the very first question').waitFor();
    const box = await wanted.boundingBox();
    const { height } = page.viewportSize();
    assert.ok(box.y > 0 && box.y + box.height < height, 'it is in sight');
    assert.equal(await wanted.getAttribute('aria-current'), 'true');
    await page.locator('.comments li', { hasText: 'later 43' }).waitFor();
    if (options === PHONE) {
      await page.goBack();
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      await playing(page);
    }
    await page.goBack();
    await entry.waitFor();
    await context.close();
  });
}

test('a comment that is gone meanwhile leaves the others', async () => {
  const { context, page } = await visitor(browser);
  expects(page, answered(404));
  await openFeed(page);
  const id = await page.evaluate(() => window.__filoscope.list().entries[0].video_id);
  await comments(id, ['still here']);
  await page.goto(`/v/${id}?comment=0000000000000`);
  await page.getByRole('dialog').getByText('still here').waitFor();
  await context.close();
});

test('recovery codes are offered right after signing up, in the way of nothing, and open the account', async () => {
  const { context, page } = await visitor(browser);
  await openFeed(page);
  const heart = current(page).locator('button.act').first();
  await heart.tap();
  const handle = newHandle('keeper');
  await fillSignUp(page, handle);
  await current(page).locator('button.act[aria-pressed=true]').first().waitFor();
  await page.getByRole('button', { name: 'Get codes' }).tap();
  const sheet = page.getByRole('dialog');
  const code = await sheet.locator('.codes li').first().innerText();
  await sheet.getByRole('button', { name: 'I have kept them' }).tap();
  await sheet.waitFor({ state: 'detached' });
  assert.equal(await page.getByRole('button', { name: 'Get codes' }).count(), 0);
  await playing(page);
  await call('POST', '/sessions/recovery', { handle, code, password: 'another one 12' });
  await context.close();
});

test('the offer can be left, and the settings have the same later', async () => {
  const { context, page } = await visitor(browser);
  await signUp(page, 'later');
  await page.getByRole('button', { name: 'Not now' }).tap();
  await page.getByRole('button', { name: 'Get codes' }).waitFor({ state: 'detached' });
  await page.getByRole('link', { name: 'Settings' }).first().tap();
  await page.getByRole('button', { name: 'Make new codes' }).waitFor();
  await context.close();
});

test('every password can be shown and hidden, by its name', async () => {
  const { context, page } = await visitor(browser);
  const shows = async (id) => {
    const field = page.locator(id);
    await field.fill('what she typed');
    const eye = page.locator(`button[aria-controls="${id.slice(1)}"]`);
    assert.equal(await field.getAttribute('type'), 'password');
    await eye.and(page.getByRole('button', { name: 'Show password' })).tap();
    assert.equal(await field.getAttribute('type'), 'text');
    assert.equal(await field.inputValue(), 'what she typed');
    await eye.and(page.getByRole('button', { name: 'Hide password' })).tap();
    assert.equal(await field.getAttribute('type'), 'password');
  };
  await page.goto('/me');
  await page.getByRole('button', { name: 'Sign in', exact: true }).tap();
  await shows('#auth-password');
  await page.getByRole('button', { name: 'Forgot password?' }).tap();
  await shows('#auth-password');
  await signUp(page, 'shown');
  await page.goto('/settings');
  await page.getByRole('button', { name: 'Change password' }).tap();
  await shows('#sign-in-password');
  await shows('#sign-in-new');
  await page.getByRole('button', { name: 'Delete account' }).tap();
  await shows('#erase-password');
  await context.close();
});
