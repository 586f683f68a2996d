// Takes the picture of the README: two phones that began with the same clip, swiped opposite ways
// and now show different clips, each with its "why".
//   FILOSCOPE_URL=http://localhost:8080 node tests/browser/two_phones.mjs docs/images/two-phones.png '#nature'

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { current, currentId, launch, openFeed, PHONE, playing, swipe, visitor } from './lib.mjs';

const [, , PICTURE, TOPIC] = process.argv;
const GUESTS_MAX = 40;
const SWIPES_MIN = 5;
const SWIPES_MAX = 30;
const PICTURE_WIDTH_PX = 800;

const hashtags = async (page) =>
  (await current(page).locator('.caption').innerText()).match(/#[\p{L}\p{N}_]+/gu) ?? [];

/** A new guest whose first clip is `first`, or any of the topic. */
async function phone(browser, first = null) {
  for (let guests = 0; guests < GUESTS_MAX; guests++) {
    const { page, context } = await visitor(browser, { ...PHONE, deviceScaleFactor: 2 });
    await openFeed(page);
    const id = await currentId(page);
    if (first ? id === first : (await hashtags(page)).includes(TOPIC)) return { page, id };
    await context.close();
  }
  throw new Error('no guest began with such a clip');
}

/**
 * Watches to the end what is of the topic, or only what is not, until such a clip is there because
 * of what was watched; leaves its "why" open.
 */
async function swipeThrough(page, likes) {
  for (let swipes = 0; ; swipes++) {
    const here = (await hashtags(page)).includes(TOPIC) === likes;
    if (swipes >= SWIPES_MIN && here) {
      if (/^You (watched|liked)/.test(await why(page))) return;
      await page.goBack();
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    }
    if (swipes === SWIPES_MAX) throw new Error(`no clip to show after ${swipes} swipes`);
    const { duration } = await page.evaluate(() => {
      const video = [...document.querySelectorAll('video')].find((one) => !one.paused);
      return { duration: video.duration };
    });
    await page.waitForTimeout(here ? duration * 1000 + 300 : 300);
    await swipe(page);
    await playing(page);
  }
}

async function why(page) {
  await current(page).locator('button.act.last').tap();
  await page.getByRole('button', { name: 'Why this video' }).tap();
  return page.locator('.reason').innerText();
}

async function picture(page, path) {
  await page.waitForTimeout(600);
  await page.screenshot({ path });
  console.log(`${await currentId(page)}: ${await page.locator('.reason').innerText()}`);
}

const browser = await launch();
const folder = mkdtempSync(join(tmpdir(), 'filoscope-phones-'));
const left = await phone(browser);
const right = await phone(browser, left.id);
console.log(`both began with ${left.id}`);
await swipeThrough(left.page, true);
await swipeThrough(right.page, false);
await picture(left.page, join(folder, 'left.png'));
await picture(right.page, join(folder, 'right.png'));
await browser.close();
execFileSync('ffmpeg', [
  ...['-v', 'error', '-y', '-i', join(folder, 'left.png'), '-i', join(folder, 'right.png')],
  '-filter_complex',
  `[0]format=rgba,pad=iw+40:color=white[l];[l][1]hstack,scale=${PICTURE_WIDTH_PX}:-1:flags=lanczos,` +
    'split[a][b];[a]palettegen[p];[b][p]paletteuse=dither=sierra2_4a',
  ...['-frames:v', '1', PICTURE],
]);
rmSync(folder, { recursive: true });
