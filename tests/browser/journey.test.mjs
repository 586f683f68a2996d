// The whole way on a phone with a clip from outside: signing up in the middle of a like, comment,
// follow, upload by the file chooser, found by its caption, shown to another account.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  current,
  currentId,
  eventually,
  fillSignUp,
  newHandle,
  openFeed,
  published,
  root,
  sharedBrowser,
  signUp,
  swipe,
  swipeTo,
  test,
  visitor,
} from './lib.mjs';

const CLIP = join(process.env.FILOSCOPE_SHARED ?? join(root, '../shared'), 'media/clips/mdn_flower.mp4');

const browser = sharedBrowser();

const skip = existsSync(CLIP) ? false : `there is no ${CLIP}`;

test('the whole journey at 390x844 with a real clip', { skip }, async (t) => {
  const { context, page, errors } = await visitor(browser);
  await openFeed(page);
  const liked = await currentId(page);
  const heart = current(page).locator('button.act').first();
  await heart.tap();
  const handle = newHandle('journey');
  await fillSignUp(page, handle);
  await eventually(async () => (await heart.getAttribute('aria-pressed')) === 'true');
  assert.equal(await currentId(page), liked, 'signing up keeps the place');

  await swipe(page);
  await current(page).locator('button.act').nth(1).tap();
  const sheet = page.getByRole('dialog');
  const question = `Where was this taken, ${handle}?`;
  await sheet.locator('#comment-box').fill(question);
  await sheet.getByRole('button', { name: 'Send' }).tap();
  await sheet.locator('li .text', { hasText: question }).waitFor();
  await page.goBack();
  await sheet.waitFor({ state: 'detached' });
  await current(page).locator('button.follow').tap();
  await current(page).locator('button.follow').waitFor({ state: 'detached' });

  await page.getByRole('link', { name: 'Upload' }).tap();
  const chooser = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Choose a file' }).tap();
  await (await chooser).setFiles(CLIP);
  const word = `blossom${Date.now().toString(36)}`;
  await page.fill('#caption', `A ${word} opens #flowers`);
  const began = Date.now();
  await page.getByRole('button', { name: 'Post', exact: true }).tap();
  const id = await published(page);
  t.diagnostic(`published ${((Date.now() - began) / 1000).toFixed(1)} s after "Post"`);

  await page.getByRole('link', { name: 'Search', exact: true }).tap();
  await page.getByRole('combobox', { name: 'Search' }).fill(word);
  await page.keyboard.press('Enter');
  await page.locator(`a.tile[href="/v/${id}"]`).tap();
  await page.locator('.about').getByText(word).waitFor();
  assert.deepEqual(errors, []);
  await context.close();

  const other = await visitor(browser);
  await signUp(other.page, 'other');
  t.diagnostic(`in For You of another account after ${await swipeTo(other.page, id)} swipes`);
  const author = await current(other.page).locator('.about .name').getAttribute('href');
  assert.equal(author, `/@${handle}`);
  await other.context.close();
});
