// Deleting a clip of one's own: never by a double tap, and never without a way back.

import assert from 'node:assert/strict';
import {
  answered,
  current,
  eventually,
  expects,
  post,
  published,
  recordClip,
  sharedBrowser,
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
  for (let tap = 0; tap < 4; tap++) await page.touchscreen.tap(x + width / 2, y + height / 2);
  assert.ok(await there(page, id), 'taps on one place delete nothing');

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
