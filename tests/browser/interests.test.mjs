// What the feed has learned of her: seen, taken back, undone; a session that nothing is learned from.

import assert from 'node:assert/strict';
import {
  currentId,
  DESKTOP,
  eventually,
  openFeed,
  person,
  PHONE,
  playing,
  sharedBrowser,
  shot,
  signUp,
  swipe,
  test,
  uploaded,
  visitor,
} from './lib.mjs';

const browser = sharedBrowser();

async function learned(page) {
  return page.evaluate(() => fetch('/api/v1/me/learned').then((answer) => answer.json()));
}

for (const [name, options] of [
  ['phone', PHONE],
  ['desktop', DESKTOP],
]) {
  test(`interests are shown, forgotten and given back (${name})`, async () => {
    const maker = await visitor(browser);
    await signUp(maker.page, 'maker');
    await uploaded(maker.page, browser, { seconds: 2 }, 'wheel #interestclay');
    const { page } = await visitor(browser, options);
    await signUp(page, 'curious');
    await page.goto('/interests');
    await page.getByText('Nothing yet').waitFor();
    await openFeed(page);
    await playing(page);
    const likes = new Set();
    await eventually(async () => {
      const id = await currentId(page);
      if (id && !likes.has(id)) await page.keyboard.press('l');
      likes.add(id);
      const { interests } = await learned(page);
      if (interests.some((one) => one.kind === 'hashtag' && one.weight > 0.2)) return true;
      await swipe(page).catch(() => {});
      return false;
    });
    await page.goto('/interests');
    const liked = page.locator('section', { has: page.getByRole('heading', { name: 'You like' }) });
    const first = liked
      .locator('li')
      .filter({ has: page.locator('bdi', { hasText: /^\s*#/ }) })
      .first();
    await first.waitFor();
    const tag = (await first.locator('bdi').textContent()).trim();
    await shot(page, `interests_${name}`);
    await first.getByRole('button', { name: `Forget ${tag}` }).click();
    const taken = page.locator('section', { has: page.getByRole('heading', { name: 'Taken back' }) });
    await taken.locator('li', { hasText: tag }).waitFor();
    const again = page.getByRole('button', { name: `Forget ${tag}`, exact: true });
    await again.waitFor({ state: 'detached' });
    await taken.getByRole('button', { name: 'Undo' }).first().click();
    await again.waitFor();
    await page.getByRole('button', { name: 'Forget everything' }).click();
    await page.waitForTimeout(900); // a double tap deletes nothing
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByText('Nothing yet').waitFor();
    assert.equal((await learned(page)).seen_count, 0);
    await page.locator('li', { hasText: 'Everything' }).getByRole('button', { name: 'Undo' }).click();
    await again.waitFor();
    await page.context().close();
    await maker.context.close();
  });
}

test('a session that is not learned from leaves everything as it was', async () => {
  const { page } = await visitor(browser, PHONE);
  await signUp(page, 'quiet');
  await openFeed(page);
  await swipe(page);
  await page.goto('/interests');
  await page.getByRole('switch', { name: 'Don’t learn from this session' }).click();
  await eventually(async () => (await learned(page)).seen_count > 0);
  const before = await learned(page);
  await openFeed(page);
  for (let i = 0; i < 3; ++i) await swipe(page);
  await page.keyboard.press('l');
  await page.goto('/interests');
  await page.getByRole('switch', { name: 'Don’t learn from this session', checked: true }).waitFor();
  const after = await learned(page);
  assert.equal(after.seen_count, before.seen_count);
  assert.deepEqual(
    after.watched.map((one) => one.video_id),
    before.watched.map((one) => one.video_id),
  );
  await page.context().close();
});

test('why names what raised a video, and nobody else can ask', async () => {
  const one = await person('stranger');
  const { page } = await visitor(browser, PHONE);
  await openFeed(page);
  const token = await page.evaluate(() =>
    fetch('/api/v1/feed?limit=1')
      .then((answer) => answer.json())
      .then(({ items }) => items[0].impression_token),
  );
  const told = await page.evaluate(
    (of) => fetch(`/api/v1/decisions/${of}`).then((answer) => answer.json()),
    token,
  );
  assert.ok('counterfactual' in told);
  assert.equal(told.learned, true);
  await assert.rejects(one.call('GET', `/decisions/${token}`, null));
  await page.context().close();
});
