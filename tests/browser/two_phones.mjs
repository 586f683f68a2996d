// Takes the picture of the README: two phones that began with the same clip, swiped opposite ways
// and now show different clips, each with its "why".
//   FILOSCOPE_URL=http://localhost:8080 node tests/browser/two_phones.mjs docs/images/two-phones.png

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { current, currentId, launch, openFeed, PHONE, playing, swipe, visitor } from './lib.mjs';

const GUESTS_MAX = 40;
const SWIPES_MIN = 8;
const SWIPES_MAX = 30;
const PICTURE_WIDTH_PX = 760;

const hashtags = async (page) =>
  (await current(page).locator('.caption').innerText()).match(/#[\p{L}\p{N}_]+/gu) ?? [];

async function phone(browser) {
  const { page, context } = await visitor(browser, { ...PHONE, deviceScaleFactor: 2 });
  await openFeed(page);
  return { page, context, first: await currentId(page), topic: await hashtags(page) };
}

/** Watches to the end what shares a hashtag with the first clip, or only what does not. */
async function swipeThrough(page, topic, likes) {
  for (let swipes = 0; ; swipes++) {
    const here = (await hashtags(page)).some((tag) => topic.includes(tag)) === likes;
    if (swipes >= SWIPES_MIN && here) return;
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

async function why(page, path) {
  await current(page).locator('button.act.last').tap();
  await page.getByRole('button', { name: 'Why this video' }).tap();
  await page.locator('.reason').waitFor();
  await page.waitForTimeout(600);
  await page.screenshot({ path });
  console.log(`${await currentId(page)}: ${await page.locator('.reason').innerText()}`);
}

const browser = await launch();
const folder = mkdtempSync(join(tmpdir(), 'filoscope-phones-'));
const left = await phone(browser);
let right = await phone(browser);
for (let guests = 0; right.first !== left.first; guests++) {
  if (guests === GUESTS_MAX) throw new Error('no two guests began with the same clip');
  await right.context.close();
  right = await phone(browser);
}
console.log(`both began with ${left.first} ${left.topic.join(' ')}`);
await swipeThrough(left.page, left.topic, true);
await swipeThrough(right.page, left.topic, false);
await why(left.page, join(folder, 'left.png'));
await why(right.page, join(folder, 'right.png'));
await browser.close();
execFileSync('ffmpeg', [
  ...['-v', 'error', '-y', '-i', join(folder, 'left.png'), '-i', join(folder, 'right.png')],
  '-filter_complex',
  `[0]format=rgba,pad=iw+40:color=0x00000000[l];[l][1]hstack,scale=${PICTURE_WIDTH_PX}:-1:flags=lanczos`,
  ...['-frames:v', '1', process.argv[2]],
]);
rmSync(folder, { recursive: true });
