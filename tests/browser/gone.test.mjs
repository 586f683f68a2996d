// A page that is gone asks for nothing, says nothing and breaks nothing, however late its answers are.
// That no console says anything is checked by the library after every test.

import assert from 'node:assert/strict';
import {
  answered,
  currentId,
  DESKTOP,
  expects,
  follow,
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

const tile = (page) => page.locator('a.tile').first();

/** Answers to what `pattern` matches wait until they are let go. */
async function late(page, pattern) {
  let release;
  const released = new Promise((resolve) => (release = resolve));
  await page.route(pattern, async (route) => {
    await released;
    await route.continue().catch(() => {});
  });
  return async () => {
    release();
    await page.unroute(pattern);
    await page.waitForTimeout(400);
  };
}

for (const [name, options] of [
  ['phone', undefined],
  ['desktop', DESKTOP],
]) {
  test(`back from a clip, to every list it can be opened from (${name})`, async () => {
    const { context, page } = await visitor(browser, options);
    await openFeed(page);
    for (const list of ['/@maker.trains', '/tag/ceramics', '/search?q=clip']) {
      await page.goto('/');
      await follow(page, list);
      await tile(page).click();
      await playing(page);
      const first = await currentId(page);
      assert.equal(path(page), `/v/${first}`);
      await swipe(page);
      await page.waitForURL((url) => url.pathname !== `/v/${first}`);
      await page.goBack();
      await tile(page).waitFor();
      assert.equal(path(page) + new URL(page.url()).search, list);
      await page.goForward();
      await playing(page);
      await page.goBack();
      await page.goBack();
      await playing(page);
      assert.equal(path(page), '/');
    }
    await context.close();
  });
}

test("answers that come after she left are nobody's", async () => {
  const { context, page } = await visitor(browser);
  await signUp(page, 'leaving');
  for (const [from, asks] of [
    ['/me', '**/api/v1/accounts/**'],
    ['/@maker.trains', '**/api/v1/accounts/**'],
    ['/tag/ceramics', '**/api/v1/hashtags/**'],
    ['/search?q=clip', '**/api/v1/search**'],
    ['/inbox', '**/api/v1/notifications**'],
    ['/settings', '**/api/v1/me/**'],
  ]) {
    await page.goto('/');
    await playing(page);
    const release = await late(page, asks);
    await follow(page, from);
    await page.waitForTimeout(250);
    await page.goBack();
    await playing(page);
    await release();
    assert.equal(path(page), '/');
  }
  await context.close();
});

test('what fails after she left is not told on the next page', async () => {
  const { context, page } = await visitor(browser);
  await signUp(page, 'failing');
  expects(page, answered(500));
  await page.route('**/api/v1/me/**', async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 800));
    await route
      .fulfill({
        status: 500,
        contentType: 'application/problem+json',
        body: '{"status":500,"detail":"broken"}',
      })
      .catch(() => {});
  });
  await page.getByRole('link', { name: 'Settings' }).first().tap();
  await page.waitForTimeout(150);
  await page.getByRole('link', { name: 'Home', exact: true }).tap();
  await playing(page);
  await page.waitForTimeout(1200);
  assert.equal(await page.locator('.toast').count(), 0);
  await context.close();
});

test('signing out while her own profile loads', async () => {
  const { context, page } = await visitor(browser);
  await signUp(page, 'quitting');
  await page.goto('/settings');
  await page.getByRole('button', { name: 'Sign out', exact: true }).waitFor();
  const release = await late(page, '**/api/v1/accounts/**');
  await page.getByRole('link', { name: 'Me', exact: true }).tap();
  await page.waitForTimeout(200);
  await page.goBack();
  await page.getByRole('button', { name: 'Sign out', exact: true }).tap();
  await page.getByText('You are signed out.').waitFor();
  await page.getByRole('link', { name: 'Me', exact: true }).tap();
  await page.getByRole('button', { name: 'Sign in', exact: true }).waitFor();
  await release();
  await context.close();
});

test('comments that come when another clip is on the screen (desktop)', async () => {
  const { context, page } = await visitor(browser, DESKTOP);
  await openFeed(page);
  const release = await late(page, '**/comments?**');
  await swipe(page);
  await page.waitForTimeout(100);
  await swipe(page);
  await page.getByRole('link', { name: 'Search', exact: true }).click();
  await page.goBack();
  await release();
  await page.locator('aside #comment-box').waitFor();
  await context.close();
});

test('a swipe on the way back does not change the address of the page behind', async () => {
  const { context, page } = await visitor(browser);
  await page.goto('/tag/ceramics');
  await tile(page).tap();
  await playing(page);
  await page.evaluate(() => {
    history.back();
    document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowDown', bubbles: true }));
  });
  await tile(page).waitFor();
  await page.waitForTimeout(400);
  assert.equal(path(page), '/tag/ceramics');
  await context.close();
});
