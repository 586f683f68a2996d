// Every page and every sheet where nobody looks: a phone held sideways, a window zoomed to 200 %, a
// tablet, type of twice the size. Pictures go into FILOSCOPE_SHOTS.

import assert from 'node:assert/strict';
import { faults, layoutFaults, wordFaults } from './faults.mjs';
import {
  current,
  DESKTOP,
  eventually,
  PHONE,
  playing,
  sharedBrowser,
  shot,
  signUp,
  test,
  uploaded,
  visitor,
} from './lib.mjs';
import { settled, walk } from './pages.mjs';

const browser = sharedBrowser();

const touch = (width, height) => ({ ...PHONE, viewport: { width, height } });
/** Name, size, theme, and how large the reader has made the type. */
const LOOKS = [
  ['390x844-type-200', { width: 390, height: 844 }, 'dark', 2],
  ['844x390', { width: 844, height: 390 }, 'dark', 1],
  ['720x450', { width: 720, height: 450 }, 'light', 1],
  ['820x1180', { width: 820, height: 1180 }, 'light', 1],
];

test(
  'every page and sheet sideways, zoomed to 200 %, on a tablet and with type of twice the size',
  { timeout: 900_000 },
  async (t) => {
    const { context, page } = await visitor(browser);
    const found = [];
    let looked = 0;
    await walk(page, async (at) => {
      looked++;
      for (const [name, viewport, colorScheme, type] of LOOKS) {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize(viewport);
        await page.evaluate(
          (times) => (document.documentElement.style.fontSize = times === 1 ? '' : `${16 * times}px`),
          type,
        );
        await settled(page);
        await shot(page, `${name}-${at}`);
        const all = [...(await faults(page, true)), ...(await wordFaults(page))];
        // Over a clip the offer lies for as long as she wants it to, and a toast for a moment; nothing of a page may.
        if (at !== 'offer' && at !== 'toast-undo') all.push(...(await layoutFaults(page)));
        found.push(...all.map((fault) => `${name}, ${at}: ${fault}`));
      }
      await page.setViewportSize(PHONE.viewport);
      await page.evaluate(() => (document.documentElement.style.fontSize = ''));
    });
    t.diagnostic(`${looked} pages and sheets`);
    assert.deepEqual(found, []);
    await context.close();
  },
);

test('a clip lying on its side takes the width that a desktop has', async (t) => {
  const { context, page } = await visitor(browser, DESKTOP);
  await signUp(page, 'wide');
  const id = await uploaded(page, browser, { width: 640, height: 360, seconds: 2 }, 'a wide one');
  await page.goto(`/v/${id}`);
  await playing(page);
  const frame = current(page).locator('video');
  await eventually(async () => (await frame.boundingBox()).width > 0);
  const box = await frame.boundingBox();
  const view = await page.locator('.layer:not(.away) .view').boundingBox();
  t.diagnostic(`${Math.round(box.width)} of ${Math.round(view.width)} px`);
  assert.ok(box.width > view.width * 0.84, `${box.width} of ${view.width}`);
  assert.ok(Math.abs(box.width / box.height - 16 / 9) < 0.03, `${box.width}x${box.height}`);
  assert.deepEqual(await layoutFaults(page), []);
  const slider = await page.locator('.layer:not(.away)').getByRole('slider').boundingBox();
  assert.ok(
    Math.abs(slider.x - box.x) < 2 && Math.abs(slider.width - box.width) < 2,
    'the scrubber is as wide',
  );
  assert.ok(Math.abs(slider.y + slider.height - box.y - box.height) < 3, 'and at its foot');
  await shot(page, 'desktop-lying-clip');
  await context.close();
});

test('a keyboard that takes half of an upright phone moves no menu', async () => {
  const { context, page } = await visitor(browser, touch(390, 844));
  await page.goto('/me');
  await page.getByRole('button', { name: 'Sign in', exact: true }).tap();
  await page.fill('#auth-handle', 'somebody');
  await page.setViewportSize({ width: 390, height: 360 });
  const nav = await page.locator('nav').boundingBox();
  assert.ok(nav.width === 390 && nav.y > 280, JSON.stringify(nav));
  assert.equal((await page.getByRole('dialog').boundingBox()).width, 390);
  await context.close();
});

test('on a tablet and sideways an upright clip is shown whole', async () => {
  for (const [width, height] of [
    [820, 1180],
    [844, 390],
  ]) {
    const { context, page } = await visitor(browser, touch(width, height));
    await page.goto('/');
    await playing(page);
    const fit = await current(page)
      .locator('video')
      .evaluate((node) => getComputedStyle(node).objectFit);
    assert.equal(fit, 'contain');
    await context.close();
  }
});
