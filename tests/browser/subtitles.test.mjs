// What is said in a clip can be read: given by its owner, switched by everybody.

import assert from 'node:assert/strict';
import {
  closed,
  current,
  DESKTOP,
  eventually,
  expects,
  NO_ANSWER,
  PHONE,
  playing,
  posted,
  published,
  recordClip,
  sharedBrowser,
  shot,
  signUp,
  test,
  URL_BASE,
  visitor,
} from './lib.mjs';

const browser = sharedBrowser();
const said = (page) => page.getByTestId('subtitles');
const button = (page) => current(page).getByRole('button', { name: 'Subtitles', exact: true });
const file = (name, text) => ({ name, mimeType: '', buffer: Buffer.from(text) });
const ENGLISH =
  'WEBVTT\n\n00:00.000 --> 00:01.000\nHello & <b>welcome</b>\n\n00:01.000 --> 09:00.000\n<i>Still here</i>\n';
const GERMAN = '1\n00:00:00,000 --> 00:09:00,000\nGuten Tag\n';

/** Somebody who has published a clip with these files, by language. */
async function speaker(files, { seconds = 6, plain = '' } = {}) {
  const clip = await recordClip(browser, { seconds, plain });
  const { context, page } = await visitor(browser);
  await signUp(page, 'speaker');
  const id = await posted(page, clip, { caption: 'Somebody speaks, and goes on speaking about many things' });
  for (const [language, text] of Object.entries(files)) await give(page, id, language, text);
  return { context, page, id };
}

async function give(page, id, language, text) {
  const cookies = await page.context().cookies(URL_BASE);
  const csrf = cookies.find(({ name }) => name === 'filoscope_csrf').value;
  const answer = await page.request.put(`/api/v1/videos/${id}/subtitles/${language}`, {
    headers: { 'X-Filoscope-CSRF': csrf, 'Content-Type': 'application/octet-stream' },
    data: Buffer.from(text),
  });
  assert.equal(answer.status(), 200, await answer.text());
}

/** The addresses of subtitles that a page asks for, as they come. */
function asked(page) {
  const urls = [];
  page.on('request', (request) => {
    if (request.method() === 'GET' && request.url().includes('/subtitles/')) urls.push(request.url());
  });
  return urls;
}

async function watch(page, id) {
  await page.goto(`/v/${id}`);
  await playing(page);
}

const pause = (page) => page.evaluate(() => document.querySelectorAll('video').forEach((one) => one.pause()));
const seek = (page, seconds) =>
  page.evaluate(
    (at) =>
      ([...document.querySelectorAll('video')].find(
        (one) => one.duration > 0 && !one.closest('[inert]'),
      ).currentTime = at),
    seconds,
  );

test('subtitles are shown once they are switched on, and stay so on this device', async () => {
  const { context: theirs, id } = await speaker({ en: ENGLISH });
  const { context, page, errors } = await visitor(browser);
  const urls = asked(page);
  await watch(page, id);
  assert.equal(await button(page).getAttribute('aria-pressed'), 'false');
  assert.deepEqual(urls, [], 'nothing is asked for while they are off');
  await button(page).tap();
  await said(page)
    .getByText('Still here', { exact: true })
    .or(said(page).getByText('Hello & welcome', { exact: true }))
    .waitFor();
  assert.equal(urls.length, 1);
  assert.equal(await button(page).getAttribute('aria-pressed'), 'true');
  const line = said(page).locator('p').first();
  assert.equal(await line.getAttribute('lang'), 'en');
  assert.equal(await line.getAttribute('dir'), 'auto');
  await page.reload();
  await playing(page);
  await said(page).waitFor();
  await button(page).tap();
  await said(page).waitFor({ state: 'detached' });
  await page.reload();
  await playing(page);
  assert.equal(await button(page).getAttribute('aria-pressed'), 'false');
  assert.equal(await said(page).count(), 0);
  assert.deepEqual(errors, []);
  await Promise.all([context.close(), theirs.close()]);
});

test('each line stands from its first moment to its last, also while scrubbing', async () => {
  const lines = [
    '0:01.000 --> 0:02.000\none',
    '0:02.000 --> 0:03.000\ntwo',
    '0:02.500 --> 0:03.000\nover it',
  ];
  const { context: theirs, id } = await speaker({ en: lines.join('\n\n') });
  const { context, page } = await visitor(browser, DESKTOP);
  await watch(page, id);
  await page.keyboard.press(' ');
  await page.keyboard.press('c');
  const at = async (seconds) => {
    await seek(page, seconds);
    await page.waitForFunction(
      (s) =>
        [...document.querySelectorAll('video')].some((v) => !v.seeking && Math.abs(v.currentTime - s) < 1e-6),
      seconds,
    );
    await page.evaluate(
      () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
    );
    return said(page).locator('p').allInnerTexts();
  };
  await eventually(async () => (await at(1.5))[0] === 'one');
  assert.deepEqual(await at(0.999), []);
  assert.deepEqual(await at(1), ['one']);
  assert.deepEqual(await at(1.999), ['one']);
  assert.deepEqual(await at(2), ['two']);
  assert.deepEqual(await at(2.5), ['two', 'over it']);
  assert.deepEqual(await at(3), []);
  await page.getByRole('slider', { name: 'Position' }).focus();
  await seek(page, 3.5);
  await page.keyboard.press('ArrowLeft');
  await said(page).getByText('one', { exact: true }).waitFor();
  await Promise.all([context.close(), theirs.close()]);
});

test('a language is chosen in the menu and taken wherever there is one like it', async () => {
  const { context: theirs, page: hers, id } = await speaker({ en: ENGLISH, 'de-AT': GERMAN });
  const { context, page } = await visitor(browser);
  await watch(page, id);
  await button(page).tap();
  await said(page).waitFor();
  assert.equal(await said(page).locator('p').first().getAttribute('lang'), 'en');
  await current(page).getByRole('button', { name: 'More', exact: true }).tap();
  const menu = page.getByRole('group', { name: 'Subtitles' });
  assert.equal(await menu.getByRole('button', { name: 'English' }).getAttribute('aria-pressed'), 'true');
  await shot(page, 'subtitles-menu-phone');
  await menu.getByRole('button', { name: 'Austrian German' }).tap();
  await closed(page);
  await said(page).getByText('Guten Tag').waitFor();
  await give(hers, id, 'de', GERMAN);
  await page.reload();
  await playing(page);
  await said(page).locator('[lang=de-AT]').waitFor();
  await current(page).getByRole('button', { name: 'More', exact: true }).tap();
  await menu.getByRole('button', { name: 'Off' }).tap();
  await said(page).waitFor({ state: 'detached' });
  await Promise.all([context.close(), theirs.close()]);
});

test('they come by key where there are any, and by themselves once the network is back', async () => {
  const { context: theirs, page: hers, id } = await speaker({});
  const { context, page } = await visitor(browser, DESKTOP);
  await watch(page, id);
  assert.equal(await button(page).count(), 0);
  await page.keyboard.press('c');
  await page.getByText('This video has no subtitles.').waitFor();
  await give(hers, id, 'en', ENGLISH);
  await page.reload();
  await playing(page);
  assert.equal(await said(page).count(), 0);
  expects(page, NO_ANSWER);
  await context.setOffline(true);
  await page.keyboard.press('c');
  await page.getByText('did not load').waitFor();
  await context.setOffline(false);
  await said(page).waitFor();
  await Promise.all([context.close(), theirs.close()]);
});

const SIZES = {
  phone: PHONE,
  desktop: DESKTOP,
  landscape: { ...PHONE, viewport: { width: 844, height: 390 } },
  small: { ...PHONE, viewport: { width: 720, height: 450 } },
  narrow: { ...PHONE, viewport: { width: 360, height: 640 } },
  tablet: { ...PHONE, viewport: { width: 820, height: 1180 } },
};

test('they stand beside the caption and the buttons, on the screen, at every size', async () => {
  const words = 'Long before anybody had thought of it, somebody said a good deal, and said it in two lines.';
  const long = `${words} `.repeat(5).trim();
  const arabic = 'مرحبا بكم في هذا المقطع';
  const lines = [`0:00 --> 0:02\n${words}`, `0:02 --> 0:04\n${long}`, `0:04 --> 0:20\n${arabic}`];
  const { context: theirs, id } = await speaker({ en: lines.join('\n\n') }, { plain: '#ffffff' });
  for (const [name, options] of Object.entries(SIZES)) {
    const { context, page } = await visitor(browser, options);
    await watch(page, id);
    await button(page).click();
    await pause(page);
    for (const [what, at, text] of [
      ['two', 1, words],
      ['long', 3, long],
      ['arabic', 4.5, arabic],
    ]) {
      await seek(page, at);
      await said(page).getByText(text, { exact: true }).waitFor();
      await shot(page, `subtitles-${what}-${name}`);
      assert.deepEqual(await page.evaluate(overlaps), [], `${name}, ${what}`);
    }
    await page.evaluate(() => (document.documentElement.style.fontSize = '200%'));
    await seek(page, 1);
    await said(page).getByText(words, { exact: true }).waitFor();
    await shot(page, `subtitles-zoomed-${name}`);
    const size = await said(page).evaluate((node) => parseFloat(getComputedStyle(node).fontSize));
    assert.ok(size > 20, `${name}: ${size} px with doubled type`);
    assert.deepEqual(await page.evaluate(overlaps), [], `${name}, doubled type`);
    await context.close();
  }
  await theirs.close();
});

/** What the words on the screen cover, and where they leave it. */
function overlaps() {
  const found = [];
  const stage = document.querySelector('.layer:not(.away) article.stage[aria-hidden="false"]');
  const view = stage.closest('.view').getBoundingClientRect();
  if (!stage.querySelector('[data-testid=subtitles] p')) found.push('there are none');
  const beside = stage.querySelectorAll('.rail button, .rail a, .about > :not([data-testid])');
  const others = [
    ...beside,
    ...document.querySelectorAll('.layer:not(.away) :is(.tabs a, .tabs button, button.sound)'),
  ];
  for (const line of stage.querySelectorAll('[data-testid=subtitles] p')) {
    const box = line.getBoundingClientRect();
    if (
      box.left < view.left - 1 ||
      box.right > view.right + 1 ||
      box.top < view.top ||
      box.bottom > view.bottom
    )
      found.push(`leaves the view: ${JSON.stringify(box)}`);
    for (const other of others) {
      const it = other.getBoundingClientRect();
      if (it.width === 0) continue;
      const apart =
        it.right <= box.left || it.left >= box.right || it.bottom <= box.top || it.top >= box.bottom;
      if (!apart) found.push(`over ${other.className || other.tagName} ${other.innerText}`);
    }
  }
  const rail = stage.querySelector('.rail').getBoundingClientRect();
  const sound = document.querySelector('.layer:not(.away) button.sound')?.getBoundingClientRect();
  if (rail.top < view.top) found.push(`the rail leaves the view: ${rail.top}`);
  if (sound && rail.top < sound.bottom && rail.left < sound.right)
    found.push('the rail is over the button for sound');
  return found;
}

test('files come with an upload; one that is wrong is told with its line', async () => {
  const { context, page, errors } = await visitor(browser);
  expects(page, /status of 400/);
  await signUp(page, 'writer');
  await page.goto('/upload');
  await page.setInputFiles('[data-testid=file]', await recordClip(browser, { seconds: 4 }));
  await page.fill('#caption', 'With words');
  const group = page.getByRole('group', { name: 'Subtitles' });
  assert.equal(await group.getByLabel('Language of the file').inputValue(), 'en');
  const choose = async (press, given) => {
    const [chooser] = await Promise.all([page.waitForEvent('filechooser'), press()]);
    await chooser.setFiles(given);
  };
  const add = () => group.getByRole('button', { name: 'Add a file' }).tap();
  await choose(add, file('wrong.srt', '1\n00:00:02,000 --> 00:00:01,000\nback\n'));
  await group.getByRole('alert').getByText('Line 2: this subtitle ends before it begins').waitFor();
  await shot(page, 'subtitles-upload-wrong-phone');
  await choose(add, file('english.vtt', ENGLISH));
  await group.getByText('2 lines').waitFor();
  assert.equal(await group.getByRole('alert').count(), 0);
  await group.getByLabel('Language of the file').selectOption('de');
  await choose(add, file('deutsch.srt', GERMAN));
  await group.getByText('German').waitFor();
  await shot(page, 'subtitles-upload-phone');
  await group.getByRole('button', { name: 'Remove the subtitles in German' }).tap();
  await page.getByRole('button', { name: 'Post', exact: true }).tap();
  const id = await published(page);
  const video = await (await page.request.get(`/api/v1/videos/${id}`)).json();
  assert.deepEqual(
    video.subtitles.map((one) => one.language),
    ['en'],
  );
  assert.deepEqual(errors, []);
  await context.close();
});

test('its owner adds, replaces and removes them where she edits it, and can undo that', async () => {
  const { context, page, id } = await speaker({ en: ENGLISH });
  const { subtitles: before } = await (await page.request.get(`/api/v1/videos/${id}`)).json();
  await watch(page, id);
  await button(page).tap();
  await said(page).waitFor();
  await current(page).getByRole('button', { name: 'More', exact: true }).tap();
  await page.getByRole('button', { name: 'Edit video' }).tap();
  const group = page.getByRole('group', { name: 'Subtitles' });
  await group.getByText('English').waitFor();
  await group.scrollIntoViewIfNeeded();
  await shot(page, 'subtitles-edit-phone');
  const replace = () => group.getByRole('button', { name: 'Replace the subtitles in English' }).tap();
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), replace()]);
  await chooser.setFiles(file('late.srt', '0:00 --> 0:59\nNow other words\n\n0:58 --> 0:59\nlate\n'));
  await page.getByText('1 line begins after the video is over').waitFor();
  await group.getByRole('button', { name: 'Remove the subtitles in English' }).tap();
  await group
    .getByRole('button', { name: 'Replace the subtitles in English' })
    .waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Undo' }).tap();
  await group.getByRole('button', { name: 'Replace the subtitles in English' }).waitFor();
  await page.keyboard.press('Escape');
  await closed(page);
  await said(page).getByText('Now other words').waitFor();
  const { subtitles: after } = await (await page.request.get(`/api/v1/videos/${id}`)).json();
  assert.equal(after.length, 1);
  assert.notEqual(after[0].url, before[0].url);
  await context.close();
});
