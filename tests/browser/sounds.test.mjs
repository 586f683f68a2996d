// A sound is a page, and a clip of one's own can play it.

import assert from 'node:assert/strict';
import {
  answered,
  closed,
  current,
  DESKTOP,
  eventually,
  expects,
  fillSignUp,
  follow,
  newHandle,
  NO_ANSWER,
  path,
  playing,
  posted,
  published,
  recordClip,
  sharedBrowser,
  shot,
  signUp,
  test,
  visitor,
} from './lib.mjs';

const browser = sharedBrowser();

/** Somebody who has published a clip with a melody of its own; `tune` tells melodies apart. */
async function singer(tune, options) {
  const clip = await recordClip(browser, { seconds: 7, tune });
  const { context, page } = await visitor(browser, options);
  const handle = await signUp(page, 'singer');
  const video = await read(page, `/videos/${await posted(page, clip, { caption: 'Sung by myself' })}`);
  assert.ok(video.sound.id);
  return { context, page, handle, video, sound: video.sound.id };
}

async function read(page, what) {
  const answer = await page.request.get(`/api/v1${what}`);
  assert.equal(answer.status(), 200, `${what}: ${await answer.text()}`);
  return answer.json();
}

const heard = (page) =>
  page.evaluate(() =>
    [...document.querySelectorAll('audio')].some((one) => !one.paused && one.currentTime > 0.1),
  );

test('the sound of a clip leads to its page, where it is heard', async () => {
  const { context: hers, handle, video, sound } = await singer(3);
  const { context, page, errors } = await visitor(browser);
  await page.goto(`/v/${video.id}`);
  await playing(page);
  await current(page)
    .getByRole('link', { name: /^Sound: / })
    .click();
  await page.waitForURL(`**/sound/${sound}`);
  await page.getByRole('heading', { name: 'Original sound' }).waitFor();
  assert.equal(await page.locator('.page a.owner').getAttribute('href'), `/@${handle}`);
  await page.getByText('1 video', { exact: true }).waitFor();
  await page.locator(`a.tile[href="/v/${video.id}"]`).waitFor();
  assert.match(await page.title(), new RegExp(handle));
  await page.getByRole('button', { name: 'Play the sound' }).click();
  await eventually(() => heard(page));
  await shot(page, 'sound-phone');
  await page.getByRole('button', { name: 'Pause the sound' }).click();
  assert.equal(await heard(page), false);
  await page.goBack();
  await playing(page);
  assert.deepEqual(errors, []);
  await Promise.all([context.close(), hers.close()]);
});

test('a guest makes a clip with a sound, and the clip plays it', async (t) => {
  const { context: hers, handle, sound } = await singer(5);
  const { context, page, errors } = await visitor(browser);
  await page.goto(`/sound/${sound}`);
  await page.getByRole('button', { name: 'Use this sound' }).click();
  await page.locator('#auth-handle').waitFor();
  await fillSignUp(page, newHandle('dancer'));
  await page.waitForURL(`**/upload?sound=${sound}`);
  await closed(page);
  const chosen = page.getByRole('region', { name: 'Your video plays this sound' });
  await chosen.getByText(handle).waitFor();
  await shot(page, 'sound-upload-phone');
  // Long enough for a print that is not of its own repetition, and shorter than the sound.
  const clip = await recordClip(browser, { seconds: 5, tune: 8 });
  await page.setInputFiles('[data-testid=file]', clip);
  await page.locator('.preview').waitFor();
  await page.fill('#caption', 'Danced to it');
  await shot(page, 'sound-describe-phone');
  await page.getByRole('button', { name: 'Post', exact: true }).click();
  const made = await read(page, `/videos/${await published(page)}`);
  assert.equal(made.sound.id, sound, 'it has the chosen sound');
  assert.equal(made.sound.owner.handle, handle);
  assert.equal(made.sound.original, false);
  assert.equal(await chosen.count(), 0, 'the next video has its own sound');
  assert.equal((await read(page, `/sounds/${sound}`)).videos_count, 2);

  // What it plays is that sound: its file, uploaded as it is by somebody else, is known by its print.
  const file = await page.request.get(made.playback.mp4);
  const third = await visitor(browser);
  await signUp(third.page, 'third');
  const again = { name: 'again.mp4', mimeType: 'video/mp4', buffer: await file.body() };
  const id = await posted(third.page, again, { caption: 'As it came' });
  assert.equal((await read(third.page, `/videos/${id}`)).sound.id, sound, 'its file is known again');
  const own = await posted(third.page, clip, { caption: 'Its own sound' });
  assert.notEqual((await read(third.page, `/videos/${own}`)).sound.id, sound);
  t.diagnostic(`${made.duration_ms} ms play it`);
  assert.deepEqual(errors, []);
  await Promise.all([context.close(), hers.close(), third.context.close()]);
});

test('a chosen sound is taken off again, and the file stays', async () => {
  const { context, page, sound } = await singer(7, DESKTOP);
  await page.goto(`/upload?sound=${sound}`);
  await page.setInputFiles('[data-testid=file]', await recordClip(browser, { seconds: 2, tune: 9 }));
  await page.locator('.preview').waitFor();
  await page.fill('#caption', 'With its own sound');
  await page.getByRole('button', { name: 'Remove the sound' }).click();
  await page.getByRole('region', { name: 'Your video plays this sound' }).waitFor({ state: 'detached' });
  assert.equal(new URL(page.url()).search, '');
  assert.equal(await page.inputValue('#caption'), 'With its own sound');
  await page.getByRole('button', { name: 'Post', exact: true }).click();
  assert.notEqual((await read(page, `/videos/${await published(page)}`)).sound.id, sound);
  await context.close();
});

test('its owner names a sound, by keys alone, and search finds it by that', async () => {
  const { context, page, video, sound } = await singer(11, DESKTOP);
  const word = `rainsong${Date.now().toString(36)}`;
  await page.goto(`/sound/${sound}`);
  await page.getByRole('button', { name: 'Rename' }).focus();
  await page.keyboard.press('Enter');
  await page.locator('#sound-title:focus').waitFor();
  await page.keyboard.type(`My ${word}`);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: `My ${word}` }).waitFor();
  await page.getByRole('button', { name: 'Rename' }).and(page.locator(':focus')).waitFor();
  await shot(page, 'sound-desktop');
  const { context: theirs, page: other } = await visitor(browser);
  await other.goto(`/search?q=${word}`);
  await other.getByRole('link', { name: 'Sounds', exact: true }).click();
  const row = other.locator(`.results a[href="/sound/${sound}"]`);
  await row.getByText(`My ${word}`).waitFor();
  await shot(other, 'sound-search-phone');
  await row.click();
  await other.locator(`a.tile[href="/v/${video.id}"]`).waitFor();
  assert.equal(await other.getByRole('button', { name: 'Rename' }).count(), 0, 'not hers');
  await Promise.all([context.close(), theirs.close()]);
});

test('a page that the network kept away is there by itself once it is back', async () => {
  const { context, page, video, sound } = await singer(13);
  expects(page, NO_ANSWER);
  await page.goto(`/sound/${sound}`);
  await page.locator(`a.tile[href="/v/${video.id}"]`).waitFor();
  await page.goto('/me');
  await page.getByRole('button', { name: 'Edit profile' }).waitFor();
  await context.setOffline(true);
  await follow(page, `/sound/${sound}`);
  await page.getByRole('button', { name: 'Try again' }).first().waitFor();
  await context.setOffline(false);
  await page.getByRole('button', { name: 'Use this sound' }).waitFor();
  await page.locator(`a.tile[href="/v/${video.id}"]`).waitFor();
  await context.close();
});

test('a sound that is gone is said to be, on its page and where it was chosen', async () => {
  const { context, page } = await visitor(browser);
  expects(page, answered(404));
  await page.goto('/sound/zzzzzzzzzzzzz');
  await page.getByText('This sound is gone').waitFor();
  await shot(page, 'sound-gone-phone');
  await signUp(page, 'late');
  await page.goto('/upload?sound=zzzzzzzzzzzzz');
  await page.getByRole('alert').getByText('cannot be used any more').waitFor();
  await page.getByRole('button', { name: 'Remove the sound' }).click();
  assert.equal(path(page), '/upload');
  await page.getByRole('alert').waitFor({ state: 'detached' });
  await context.close();
});
