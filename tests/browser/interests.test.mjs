// What she asks the feed for, and what it has learned of her: seen, taken back, undone; a session that
// nothing is learned from.

import assert from 'node:assert/strict';
import {
  answered,
  current,
  currentId,
  DESKTOP,
  eventually,
  expects,
  NO_ANSWER,
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

const wishesOf = async (page) => {
  const { wishes } = await page.evaluate(() => fetch('/api/v1/me/wishes').then((answer) => answer.json()));
  return wishes.map(({ kind, value, level }) => `${kind} ${value} ${level}`).sort();
};

for (const [name, options] of [
  ['phone', PHONE],
  ['desktop', DESKTOP],
]) {
  test(`wishes survive a reload and are ended with undo (${name})`, async () => {
    const maker = await person('wishmaker');
    const { page } = await visitor(browser, options);
    await signUp(page, 'wishful');
    await page.goto('/interests');
    const asked = page.getByRole('region', { name: 'What you ask for' });
    const said = asked.getByRole('status');
    const length = asked.getByRole('slider', { name: 'Length' });
    await length.press('ArrowRight');
    assert.equal(await length.getAttribute('aria-valuetext'), 'Longer');
    await said.filter({ hasText: 'Saved' }).waitFor();

    const field = asked.getByLabel('Add a hashtag or @handle');
    await field.fill(`@${maker.handle}`);
    await asked.getByRole('button', { name: 'Less', exact: true }).click();
    const people = asked.getByRole('group', { name: `How much of @${maker.handle}` });
    await people.getByRole('radio', { name: 'Less', exact: true, checked: true }).waitFor();
    await field.fill('#Clay');
    await field.press('Enter');
    const clay = asked.getByRole('group', { name: 'How much of #clay' });
    await clay.getByRole('radio', { name: 'More', exact: true, checked: true }).waitFor();
    await clay.getByText('Much more', { exact: true }).click();
    const all = [`author ${maker.handle} -1`, 'hashtag clay 2', 'length  1'];
    await eventually(async () => (await wishesOf(page)).join() === all.join());
    await shot(page, `wishes_${name}`);

    await page.reload();
    assert.equal(await length.getAttribute('aria-valuetext'), 'Longer');
    await people.getByRole('radio', { name: 'Less', exact: true, checked: true }).waitFor();
    await clay.getByRole('radio', { name: 'Much more', checked: true }).waitFor();
    await asked.getByRole('button', { name: '#clay: back to usual' }).click();
    await clay.waitFor({ state: 'detached' });
    await eventually(async () => (await wishesOf(page)).length === 2);
    await page.getByRole('button', { name: 'Undo' }).click();
    await clay.getByRole('radio', { name: 'Much more', checked: true }).waitFor();
    await eventually(async () => (await wishesOf(page)).join() === all.join());
    await page.context().close();
  });
}

test('a wish that is refused says why at its field, and a slider goes back', async () => {
  const { page } = await visitor(browser, PHONE);
  await signUp(page, 'refused');
  await page.goto('/interests');
  expects(page, answered(404), NO_ANSWER);
  const field = page.getByLabel('Add a hashtag or @handle');
  await field.fill('@nobody.here');
  await field.press('Enter');
  await page.locator('#wish-add-note').filter({ hasText: 'There is no such account' }).waitFor();
  assert.equal(await field.getAttribute('aria-invalid'), 'true');
  const people = page.getByRole('slider', { name: 'People you don’t know yet' });
  await page.route('**/api/v1/me/wishes', (route) => route.abort());
  await people.press('ArrowLeft');
  await page.locator('.toast').first().waitFor();
  await eventually(async () => (await people.getAttribute('aria-valuetext')) === 'As usual');
  assert.equal(await people.inputValue(), '0');
  await page.unroute('**/api/v1/me/wishes');
  assert.deepEqual(await wishesOf(page), []);
  await page.context().close();
});

test('why asks for more of what the clip is about, also of a guest', async () => {
  const { page } = await visitor(browser, PHONE);
  await openFeed(page);
  await current(page).locator('button.act.last').click();
  await page.getByRole('dialog').getByRole('button', { name: 'Why this video' }).click();
  const more = page.getByRole('dialog').getByRole('button', { name: /^More of @/ });
  await more.click();
  await more.and(page.getByRole('button', { pressed: true })).waitFor();
  await more.click();
  await eventually(async () => /^author \S+ 2$/.test((await wishesOf(page)).join()));
  await shot(page, 'wishes_why');
  await page.context().close();
});

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
