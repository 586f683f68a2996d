// Every page at its sizes and in its themes: nothing is cut off, everything has a name and a size.

import assert from 'node:assert/strict';
import { faults } from './faults.mjs';
import { current, openFeed, playing, sharedBrowser, shot, signUp, swipe, test, visitor } from './lib.mjs';

const SIZES = [
  ['360x640', { width: 360, height: 640 }, true],
  ['390x844', { width: 390, height: 844 }, true],
  ['1024x768', { width: 1024, height: 768 }, false],
  ['1440x900', { width: 1440, height: 900 }, false],
];
const PAGES = [
  '/',
  '/search',
  '/search?q=a',
  '/search?q=a&kind=people',
  '/search?q=maker&kind=sounds',
  '/inbox',
  '/me',
  '/settings',
  '/upload',
];

const browser = sharedBrowser();

for (const [name, viewport, touch] of SIZES) {
  for (const colorScheme of ['dark', 'light']) {
    test(`pages at ${name}, ${colorScheme}`, async () => {
      const { context, page, errors } = await visitor(browser, {
        viewport,
        colorScheme,
        hasTouch: touch,
        isMobile: touch,
        locale: 'en-GB',
      });
      const broken = [];
      await openFeed(page);
      await swipe(page);
      await playing(page);
      const author = await current(page).locator('.rail .who > a').getAttribute('href');
      const sound = await current(page).locator('.about a.music').getAttribute('href');
      const upload = sound.replace('/sound/', '/upload?sound=');
      if (touch) await signUp(page, 'looker');
      for (const path of [...PAGES, author, sound, upload]) {
        await page.goto(path);
        if (path === '/') await playing(page);
        await page.waitForTimeout(450);
        broken.push(...(await faults(page, touch)).map((fault) => `${path}: ${fault}`));
        const label = path.replace(/\W+/g, '-').replace(/^-|-$/g, '') || 'home';
        const named = { [author]: 'profile', [sound]: 'sound', [upload]: 'upload-sound' }[path] ?? label;
        await shot(page, `${name}-${colorScheme}-${named}`);
      }
      assert.deepEqual(broken, []);
      assert.deepEqual(errors, []);
      await context.close();
    });
  }
}

test('sheets on a phone', async () => {
  const { context, page } = await visitor(browser);
  await openFeed(page);
  const stage = current(page);
  await stage.locator('button.act').nth(1).tap();
  await page.getByRole('dialog').locator('#comment-box').waitFor();
  await page.waitForTimeout(300);
  const top = await page.getByRole('dialog').evaluate((node) => node.getBoundingClientRect().top);
  assert.ok(Math.abs(top - 844 * 0.3) < 4, `the sheet rises to 70 %: its top is at ${top}`);
  await shot(page, 'sheet-comments');
  await page.keyboard.press('Escape');
  await stage.locator('button.act').first().tap();
  await page.locator('#auth-handle').waitFor();
  await page.waitForTimeout(300);
  await shot(page, 'sheet-sign-up');
  // Somebody whose answers are recorded is shown their numbers too.
  await signUp(page, 'asker');
  await openFeed(page);
  await stage.locator('button.act.last').tap();
  await page.getByRole('dialog').waitFor();
  await page.waitForTimeout(300);
  await shot(page, 'sheet-more');
  await page.getByRole('button', { name: 'Why this video' }).tap();
  await page.locator('.reason').waitFor();
  await page.locator('summary').tap();
  await page.waitForTimeout(200);
  assert.deepEqual(await faults(page, true), []);
  await shot(page, 'sheet-why');
  await context.close();
});

test('right to left: the page mirrors and nothing is cut off', async () => {
  const { context, page } = await visitor(browser);
  await page.addInitScript(() => {
    addEventListener('DOMContentLoaded', () => (document.documentElement.dir = 'rtl'));
  });
  await openFeed(page);
  await page.waitForTimeout(300);
  assert.deepEqual(await faults(page, true), []);
  const rail = await current(page)
    .locator('.rail')
    .evaluate((node) => node.getBoundingClientRect().left);
  assert.ok(rail < 100, 'the rail is on the left');
  await shot(page, 'right-to-left');
  await context.close();
});

test('with reduced motion nothing moves on its own', async () => {
  const { context, page } = await visitor(browser, {
    viewport: { width: 390, height: 844 },
    reducedMotion: 'reduce',
    locale: 'en-GB',
  });
  await openFeed(page);
  const ms = await page
    .locator('.track')
    .evaluate((node) => parseFloat(getComputedStyle(node).transitionDuration) * 1000);
  assert.ok(ms <= 1, `the swipe takes ${ms} ms`);
  await context.close();
});
