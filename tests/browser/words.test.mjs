// What people write: in any direction, without a space, on a bright clip, and at any hour of a wrong clock.

import assert from 'node:assert/strict';
import { before } from 'node:test';
import { faults, layoutFaults, wordFaults } from './faults.mjs';
import {
  current,
  currentId,
  DESKTOP,
  eventually,
  PHONE,
  playing,
  sharedBrowser,
  shot,
  shownList,
  signUp,
  swipe,
  test,
  uploaded,
  visitor,
} from './lib.mjs';

const TURNED = 'שלום (abc) 12:';
const UNBROKEN = 'W'.repeat(50);
const CAPTION = `${'Q'.repeat(260)} مرحبا #ceramics ${'and so on '.repeat(60)}`;

const browser = sharedBrowser();
let video;
let handle;
before(async () => {
  const { context, page } = await visitor(browser);
  handle = await signUp(page, 'bright');
  video = await uploaded(page, browser, { seconds: 3, plain: '#fff' }, CAPTION);
  await named(page, TURNED);
  await context.close();
});

async function named(page, name) {
  await page.goto('/me');
  await page.getByRole('button', { name: 'Edit profile' }).click();
  await page.fill('#p-name', name);
  await page.fill('#p-bio', `${name} ${'b'.repeat(100)}`);
  await page.getByRole('button', { name: 'Save changes' }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
}

/** Texts with the name in them that are not set apart from what is around them. */
const loose = (page, name) =>
  page.evaluate((wanted) => {
    const found = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let text = walker.nextNode(); text; text = walker.nextNode()) {
      if (!text.data.includes(wanted)) continue;
      if (text.data.includes(`\u2068${wanted}\u2069`)) continue;
      let up = text.parentElement;
      while (up && !/isolate|plaintext/.test(getComputedStyle(up).unicodeBidi) && !up.hasAttribute('dir'))
        up = up.parentElement;
      const alone = up && up !== document.documentElement && up.textContent.trim().startsWith(wanted);
      if (!alone)
        found.push(
          `${text.parentElement.tagName.toLowerCase()}.${text.parentElement.className}: ${text.parentElement.textContent.slice(0, 80)}`,
        );
    }
    return found;
  }, name);

async function everywhere(page, look) {
  await page.goto(`/v/${video}`);
  await playing(page);
  await look('clip');
  if ((await page.locator('aside').count()) === 0) {
    await current(page).locator('.caption button').click();
    await look('clip, open');
    await current(page).locator('button.act').nth(1).click();
  }
  await page.locator('.comments .text').first().waitFor();
  await look('comments');
  for (const path of [`/@${handle}`, `/search?q=${handle}&kind=people`, '/inbox', `/tag/ceramics`]) {
    await page.goto(path);
    await page.waitForTimeout(500);
    await look(path);
  }
}

/** A comment and a notification with somebody's words. */
async function told(page) {
  await page.goto(`/v/${video}`);
  await playing(page);
  await current(page).locator('button.act').nth(1).click();
  const text = `${UNBROKEN}${UNBROKEN} שלום`;
  await page.locator('#comment-box').fill(text);
  await page.getByRole('button', { name: 'Send' }).click();
  await page.getByRole('dialog').locator('.text', { hasText: text }).first().waitFor();
}

test('names and words of either direction are set apart everywhere', async () => {
  const { context, page } = await visitor(browser);
  await signUp(page, 'reader');
  await named(page, TURNED);
  await told(page);
  const found = [];
  const look = async (at) => found.push(...(await loose(page, TURNED)).map((line) => `${at}: ${line}`));
  await everywhere(page, look);
  await page.goto('/settings');
  await page.getByText('Where you are signed in').waitFor();
  await look('settings');
  await page.goto(`/@${handle}`);
  await page.getByRole('button', { name: 'More' }).tap();
  await page.getByRole('button', { name: 'Mute', exact: true }).tap();
  await page.locator('.toast').waitFor();
  await look('toast');
  assert.deepEqual(found, []);
  await context.close();
});

for (const [size, options] of [
  ['phone', PHONE],
  ['desktop', DESKTOP],
  ['sideways', { ...PHONE, viewport: { width: 844, height: 390 } }],
]) {
  test(`unbroken names and captions stay inside (${size})`, async () => {
    const { context, page } = await visitor(browser, options);
    await signUp(page, 'unbroken');
    await named(page, UNBROKEN);
    const found = [];
    const look = async (at) => {
      await shot(page, `words-${size}-${at.replace(/\W+/g, '-')}`);
      const all = [
        ...(await faults(page, size !== 'desktop')),
        ...(await wordFaults(page)),
        ...(await layoutFaults(page)),
      ];
      found.push(...all.map((fault) => `${at}: ${fault}`));
    };
    await page.goto('/me');
    await page.getByRole('button', { name: 'Edit profile' }).waitFor();
    await look('me');
    await page.goto('/settings');
    await page.getByText('Where you are signed in').waitFor();
    await page.getByPlaceholder('A word or #hashtag').fill('w'.repeat(60));
    await page.getByRole('button', { name: 'Mute', exact: true }).click();
    await page.locator('.chips li').first().waitFor();
    await look('settings');
    await page.goto(`/search?q=${'z'.repeat(90)}`);
    await page.getByText('Nothing found').waitFor();
    await look('search');
    await everywhere(page, look);
    assert.deepEqual(found, []);
    await context.close();
  });
}

/** By text of the current clip: its contrast with the brightest pixel behind it. */
async function contrasts(page) {
  const texts = await page.evaluate(() => {
    const found = [];
    for (const node of document.querySelectorAll(
      '.tabs button, article[aria-hidden=false] :is(.name, .caption p, .caption button, .music, .rail .num)',
    )) {
      const view = node.getBoundingClientRect();
      const range = document.createRange();
      range.selectNodeContents(node);
      for (const box of range.getClientRects()) {
        const top = Math.max(box.top, view.top);
        const bottom = Math.min(box.bottom, view.bottom);
        if (box.width < 1 || bottom - top < 4) continue;
        found.push({
          text: `${node.className || node.tagName} ${node.textContent.slice(0, 20)}`,
          colour: getComputedStyle(node).color,
          box: [box.left, top, box.right, bottom].map(Math.round),
        });
      }
    }
    // The words go, what they stand on stays.
    document.styleSheets[0].insertRule(
      'main :is(.tabs, .about, .rail), main :is(.tabs, .about, .rail) * { color: transparent !important; text-shadow: none !important; filter: none !important }',
      0,
    );
    return found;
  });
  await page.waitForTimeout(250);
  const picture = (await page.screenshot()).toString('base64');
  return page.evaluate(
    async ({ texts, picture }) => {
      const image = new Image();
      image.src = `data:image/png;base64,${picture}`;
      await image.decode();
      const canvas = document.createElement('canvas');
      canvas.width = image.width;
      canvas.height = image.height;
      const paper = canvas.getContext('2d');
      paper.drawImage(image, 0, 0);
      const part = (c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
      const luminance = ([r, g, b]) =>
        0.2126 * part(r / 255) + 0.7152 * part(g / 255) + 0.0722 * part(b / 255);
      return texts.map(({ text, colour, box: [left, top, right, bottom] }) => {
        const { data } = paper.getImageData(left, top, right - left, bottom - top);
        let brightest = [0, 0, 0];
        for (let i = 0; i < data.length; i += 4) {
          const pixel = [data[i], data[i + 1], data[i + 2]];
          if (luminance(pixel) > luminance(brightest)) brightest = pixel;
        }
        const [r, g, b, alpha = 1] = colour.match(/[\d.]+/g).map(Number);
        const ink = [r, g, b].map((c, i) => c * alpha + brightest[i] * (1 - alpha));
        return { text, contrast: (luminance(ink) + 0.05) / (luminance(brightest) + 0.05) };
      });
    },
    { texts, picture },
  );
}

for (const [size, options] of [
  ['390x844', PHONE],
  ['844x390', { ...PHONE, viewport: { width: 844, height: 390 } }],
  ['820x1180', { ...PHONE, viewport: { width: 820, height: 1180 } }],
  ['360x640', { ...PHONE, viewport: { width: 360, height: 640 } }],
]) {
  for (const open of [false, true]) {
    test(`on a white clip every word has 4.5 : 1 (${size}, the caption ${open ? 'open' : 'closed'})`, async (t) => {
      const { context, page } = await visitor(browser, options);
      await page.goto(`/v/${video}`);
      await playing(page);
      if (open) await current(page).locator('.caption button').tap();
      await page.waitForTimeout(300);
      await shot(page, `white-${size}-${open ? 'open' : 'closed'}`);
      const found = await contrasts(page);
      assert.ok(found.length >= 8, `${found.length} texts`);
      const worst = found.reduce((a, b) => (a.contrast < b.contrast ? a : b));
      t.diagnostic(`the least is ${worst.contrast.toFixed(2)} : 1, of "${worst.text}"`);
      assert.deepEqual(
        found
          .filter(({ contrast }) => contrast < 4.5)
          .map(({ text, contrast }) => `${text}: ${contrast.toFixed(2)}`),
        [],
      );
      await context.close();
    });
  }
}

for (const days of [-400, -3, 3, 400]) {
  test(`a clock that is ${days} days off changes no age`, async () => {
    const { context, page } = await visitor(browser);
    await page.addInitScript((offMs) => {
      const Real = Date;
      const now = () => Real.now() + offMs;
      globalThis.Date = class extends Real {
        constructor(...values) {
          if (values.length === 0) super(now());
          else super(...values);
        }
        static now = now;
      };
    }, days * 86_400_000);
    await signUp(page, 'clockless');
    await told(page);
    assert.equal(await page.locator('.comments .head .quiet').first().innerText(), 'now');
    await page.goto('/settings');
    await page.getByText('Where you are signed in').waitFor();
    await context.close();
  });
}

for (const [size, options] of [
  ['phone', PHONE],
  ['desktop', DESKTOP],
]) {
  test(`the keys scroll a long caption that has the focus, and go on from elsewhere (${size})`, async () => {
    const { context, page } = await visitor(browser, options);
    await page.goto(`/v/${video}`);
    await playing(page);
    const caption = options === PHONE ? current(page).locator('.caption p') : page.locator('aside p.caption');
    if (options === PHONE) await current(page).locator('.caption button').tap();
    await caption.focus();
    for (const key of ['ArrowDown', 'PageDown', ' ']) {
      // From the top each time, once it rests: the key before may have come to the end, or scrolls on.
      await eventually(async () => {
        await caption.evaluate((node) => node.scrollTo({ top: 0, behavior: 'instant' }));
        await page.waitForTimeout(300);
        return (await caption.evaluate((node) => node.scrollTop)) === 0;
      });
      await page.keyboard.press(key);
      await eventually(async () => (await caption.evaluate((node) => node.scrollTop)) > 0);
    }
    assert.equal(await currentId(page), video);
    await playing(page);
    await caption.evaluate((node) => node.blur());
    await eventually(async () => (await shownList(page)).entries.length > 1);
    await swipe(page);
    assert.notEqual(await currentId(page), video);
    await context.close();
  });
}
