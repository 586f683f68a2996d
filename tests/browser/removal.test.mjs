// Deleting a clip of one's own: never by a double tap, and never without a way back.

import assert from 'node:assert/strict';
import {
  answered,
  closed,
  current,
  currentId,
  DESKTOP,
  eventually,
  expects,
  nav,
  playing,
  post,
  posted,
  published,
  recordClip,
  sharedBrowser,
  shownList,
  signUp,
  test,
  visitor,
} from './lib.mjs';

const browser = sharedBrowser();

async function openDelete(page, id) {
  await page.goto(`/v/${id}`);
  await current(page).locator('button.act.last').tap();
  return page.getByRole('button', { name: 'Delete video' });
}

const there = (page, id) =>
  page.evaluate(async (id) => (await fetch(`/api/v1/videos/${id}`)).status === 200, id);

test('a double tap deletes nothing; deleted is undone by the toast and from the list', async () => {
  const clip = await recordClip(browser, { seconds: 1 });
  const { context, page, errors } = await visitor(browser);
  expects(page, answered(404)); // it asks whether the deleted clip is gone
  await signUp(page, 'remover');
  await post(page, clip, 'here today');
  const id = await published(page);

  const remove = await openDelete(page, id);
  const { x, y, width, height } = await remove.boundingBox();
  const deletions = [];
  page.on('request', (request) => request.method() === 'DELETE' && deletions.push(request.url()));
  for (let tap = 0; tap < 4; tap++) await page.touchscreen.tap(x + width / 2, y + height / 2);
  await page.waitForLoadState('networkidle');
  assert.deepEqual(deletions, [], 'taps on one place delete nothing');

  await (await openDelete(page, id)).tap();
  const confirm = page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true });
  await confirm.tap();
  await page.getByRole('button', { name: 'Undo' }).tap();
  await eventually(() => there(page, id));
  await page.waitForURL(`**/v/${id}`);

  await (await openDelete(page, id)).tap();
  await confirm.tap();
  await eventually(async () => !(await there(page, id)));
  await page.goto('/settings');
  await page.getByRole('button', { name: 'Recently deleted' }).tap();
  const row = page.getByRole('dialog').locator('.one', { hasText: 'here today' });
  await row.getByRole('button', { name: 'Restore' }).tap();
  await eventually(() => there(page, id));
  assert.deepEqual(errors, []);
  await context.close();
});

const within = (page) =>
  page.evaluate(() => document.querySelector('[role=dialog]')?.contains(document.activeElement) ?? false);

test('a sheet keeps the focus when what had it goes', async () => {
  const clip = await recordClip(browser, { seconds: 1 });
  const { context, page } = await visitor(browser, DESKTOP);
  await signUp(page, 'focused');
  const id = await posted(page, clip, { caption: 'held' });
  await page.goto(`/v/${id}`);
  await current(page).locator('button.act.last').click();
  const sheet = page.getByRole('dialog');
  await sheet.getByRole('button', { name: 'Delete video' }).click();
  await page.waitForTimeout(900); // longer than a double tap takes
  await page.keyboard.press('Enter');
  await sheet.getByRole('button', { name: 'Delete video' }).waitFor();
  assert.ok(await within(page), 'after "Keep it"');
  for (let tab = 0; tab < 12; tab++) {
    await page.keyboard.press('Tab');
    assert.ok(await within(page), `after ${tab + 1} times Tab`);
  }
  await page.keyboard.press('Escape');
  await closed(page);
  await context.close();
});

test('deleting a draft leaves the feed where it was', async () => {
  const clip = await recordClip(browser, { seconds: 1 });
  const { context, page } = await visitor(browser);
  await signUp(page, 'sketching');
  await page.getByRole('button', { name: 'Not now' }).tap();
  await posted(page, clip, { caption: 'a sketch', draft: 'true' });
  await nav(page, 'Home').tap();
  await playing(page);
  await eventually(async () => (await shownList(page)).entries.length > 2);
  const before = await currentId(page);
  await nav(page, 'Me').tap();
  await page.locator('.strip').getByRole('button', { name: 'Draft' }).tap();
  const sheet = page.getByRole('dialog');
  await sheet.getByRole('button', { name: 'Delete draft' }).tap();
  await sheet.getByRole('button', { name: 'Delete', exact: true }).tap();
  await closed(page);
  await nav(page, 'Home').tap();
  await playing(page);
  assert.equal(await currentId(page), before);
  await context.close();
});
