// From a file to somebody else's feed, also through lost networks and reloads.

import assert from 'node:assert/strict';
import {
  current,
  eventually,
  expects,
  NO_ANSWER,
  phase,
  post,
  published,
  recordClip,
  sentBytes,
  sharedBrowser,
  signUp,
  slowUp,
  swipeTo,
  test,
  visitor,
} from './lib.mjs';

const browser = sharedBrowser();

test('upload with progress to published, found by its caption, shown to somebody else', async (t) => {
  const clip = await recordClip(browser);
  const { context, page, errors } = await visitor(browser);
  const author = await signUp(page, 'maker');
  const word = `zebrafish${Date.now().toString(36)}`;
  const began = Date.now();
  await post(page, clip, `A ${word} in colours #browsertest`);
  const seen = new Set();
  const watch = setInterval(() => {
    page
      .locator('article[data-phase]')
      .first()
      .innerText({ timeout: 500 })
      .then((text) => seen.add(text.split('\n').at(-2)))
      .catch(() => {});
  }, 200);
  const id = await published(page);
  clearInterval(watch);
  t.diagnostic(`${(clip.buffer.length / 1e6).toFixed(2)} MB published after ${Date.now() - began} ms`);

  await page.goto(`/search?q=${word}`);
  await page.locator(`a.tile[href="/v/${id}"]`).waitFor();
  await page.goto('/search?q=browsertest&kind=hashtags');
  await page.locator('a[href="/tag/browsertest"]').first().waitFor();
  await page.goto('/me');
  await page.locator(`a.tile[href="/v/${id}"]`).waitFor();
  assert.deepEqual(errors, []);

  const other = await visitor(browser);
  await signUp(other.page, 'watcher');
  const swipes = await swipeTo(other.page, id);
  const name = current(other.page).locator('.about .name');
  assert.equal(await name.getAttribute('href'), `/@${author}`);
  t.diagnostic(`in the feed of another account after ${swipes} swipes`);
  await other.context.close();
  await context.close();
});

test('a file that is no video ends with a sentence', async () => {
  const { context, page } = await visitor(browser);
  await signUp(page, 'wrong');
  await post(
    page,
    { name: 'picture.mp4', mimeType: 'video/mp4', buffer: Buffer.from('not a video at all '.repeat(999)) },
    'broken',
  );
  await eventually(async () => (await phase(page)) === 'failed', { timeoutMs: 240_000 });
  const sentence = await page.locator('article[data-phase=failed] .problem').innerText();
  assert.ok(sentence.split(' ').length >= 3, sentence);
  await context.close();
});

test('a lost network is waited out, and the upload goes on by itself while swiping', async () => {
  const clip = await recordClip(browser, { seconds: 5, megabits: 16 });
  const { context, page } = await visitor(browser);
  expects(page, NO_ANSWER);
  await signUp(page, 'offline');
  const cdp = await slowUp(page, 16);
  await post(page, clip, 'through a tunnel');
  await page.waitForTimeout(700);
  await context.setOffline(true);
  await page.waitForTimeout(1500);
  await context.setOffline(false);
  await cdp.detach();
  await page.locator('nav a[href="/"]').last().click();
  await page.locator('a.pill').waitFor();
  await page.locator('a.pill').click();
  await published(page);
  await context.close();
});

test('a reload in the middle: the unfinished upload is listed and goes on with the same file', async (t) => {
  const clip = await recordClip(browser, { seconds: 6, megabits: 24 });
  t.diagnostic(`${(clip.buffer.length / 1e6).toFixed(1)} MB`);
  const { context, page } = await visitor(browser);
  await signUp(page, 'reload');
  await slowUp(page, 10);
  page.on('dialog', (dialog) => void dialog.accept());
  await post(page, clip, 'cut in the middle');
  await sentBytes(page, 500_000);
  await page.reload();
  const row = page.locator('li', { hasText: clip.name });
  await row.waitFor();
  const chooser = page.waitForEvent('filechooser');
  await row.getByRole('button', { name: 'Continue' }).click();
  await (await chooser).setFiles({ ...clip, name: 'another-name.mp4' });
  await published(page);
  await context.close();
});

/** Mean red, green and blue of a picture on the page. */
const colourOf = (picture) =>
  picture.evaluate(async (image) => {
    await image.decode();
    const paper = new OffscreenCanvas(16, 16).getContext('2d');
    paper.drawImage(image, 0, 0, 16, 16);
    const { data } = paper.getImageData(0, 0, 16, 16);
    return [0, 1, 2].map((channel) => {
      let sum = 0;
      for (let at = channel; at < data.length; at += 4) sum += data[at];
      return sum / 256;
    });
  });

test('the cover is the picture chosen from the strip, or left to the server', async () => {
  const clip = await recordClip(browser);
  const { context, page, errors } = await visitor(browser);
  await signUp(page, 'cover');
  const metadata = () =>
    page
      .waitForRequest((request) => request.url().endsWith('/uploads') && request.method() === 'POST')
      .then((request) => request.headers()['upload-metadata']);

  let sent = metadata();
  await post(page, clip, 'any cover');
  assert.doesNotMatch(await sent, /cover_ms/);
  await published(page);

  await page.goto('/upload');
  await page.setInputFiles('[data-testid=file]', clip);
  const strip = page.getByRole('group', { name: 'Cover' });
  await eventually(async () => (await strip.locator('img').count()) === 8);
  assert.ok(await strip.getByRole('radio', { name: 'Automatic' }).isChecked());
  await strip.getByRole('radio').first().focus();
  for (let step = 0; step < 6; step++) await page.keyboard.press('ArrowRight');
  assert.ok(
    await strip
      .getByRole('radio', { name: /^Cover at/ })
      .nth(5)
      .isChecked(),
  );
  const shown = [];
  for (const picture of await strip.locator('img').all()) shown.push(await colourOf(picture));

  sent = metadata();
  await page.getByRole('button', { name: 'Post', exact: true }).click();
  assert.match(await sent, /cover_ms/);
  await published(page);
  const cover = await colourOf(page.locator('article[data-phase] button[aria-pressed=true] img').first());
  const apart = shown.map((colour) => Math.hypot(...colour.map((value, at) => value - cover[at])));
  assert.equal(apart.indexOf(Math.min(...apart)), 5, `away from each by ${apart.map(Math.round)}`);
  assert.ok(apart[5] < 20, `away by ${apart[5]}`);
  assert.deepEqual(errors, []);
  await context.close();
});

test('a draft stays with its author until it is posted', async () => {
  const clip = await recordClip(browser, { seconds: 2 });
  const { context, page } = await visitor(browser);
  const author = await signUp(page, 'drafter');
  await page.goto('/upload');
  await page.setInputFiles('[data-testid=file]', clip);
  await page.fill('#caption', 'not yet');
  await page.getByRole('button', { name: 'Save as draft' }).click();
  const id = await published(page);
  const other = await visitor(browser);
  await other.page.goto(`/@${author}`);
  await other.page.getByText('No videos yet').waitFor();
  await page.goto('/me');
  await page.locator('button.one', { hasText: 'Draft' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Post', exact: true }).click();
  await page.locator(`a.tile[href="/v/${id}"]`).waitFor();
  await other.page.reload();
  await other.page.locator(`a.tile[href="/v/${id}"]`).waitFor();
  await other.context.close();
  await context.close();
});

test('what has to be disclosed is chosen when posting and shown on the clip, and a clip may have an end', async () => {
  const clip = await recordClip(browser, { seconds: 2 });
  const { context, page, errors } = await visitor(browser);
  await signUp(page, 'discloser');
  await page.goto('/upload');
  await page.setInputFiles('[data-testid=file]', clip);
  await page.getByRole('switch', { name: 'Made with AI' }).click();
  await page.getByRole('button', { name: 'Post', exact: true }).click();
  const id = await published(page);

  await page.goto(`/v/${id}`);
  await current(page).getByText('Made with AI').waitFor();
  await current(page).locator('button.act.last').tap();
  await page.getByRole('button', { name: 'Edit video' }).click();
  const sheet = page.getByRole('dialog');
  assert.equal(
    await sheet.getByRole('switch', { name: 'Made with AI' }).getAttribute('aria-checked'),
    'true',
  );
  await sheet.getByRole('switch', { name: 'Paid partnership' }).click();
  await sheet.getByLabel('Available').selectOption({ label: 'For a day from now' });
  const saved = Date.now();
  await sheet.getByRole('button', { name: 'Save changes' }).click();
  await sheet.waitFor({ state: 'detached' });
  await current(page).getByText('Paid partnership').waitFor();
  const video = await (await page.request.get(`/api/v1/videos/${id}`)).json();
  assert.deepEqual(video.labels, ['ai_generated', 'paid_partnership']);
  assert.ok(
    Math.abs(video.available_until_ms - saved - 86_400_000) < 60_000,
    String(video.available_until_ms),
  );

  await current(page).locator('button.act.last').tap();
  await page.getByRole('button', { name: 'Edit video' }).click();
  await sheet.getByLabel('Available').selectOption({ label: 'Without end' });
  await sheet.getByRole('button', { name: 'Save changes' }).click();
  await sheet.waitFor({ state: 'detached' });
  await eventually(
    async () => (await (await page.request.get(`/api/v1/videos/${id}`)).json()).available_until_ms === null,
  );
  assert.deepEqual(errors, []);
  await context.close();
});
