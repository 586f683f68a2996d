// Every page and every sheet, and how to come to them: for the tests that look at all of them.

import { answered, current, eventually, expects, PASSWORD, playing, signUp, swipe, uploaded } from './lib.mjs';

const click = (page, name) => page.getByRole('button', { name, exact: true }).first().click();
const dialog = (page) => page.getByRole('dialog').last();

async function feed(page) {
  await page.goto('/');
  await playing(page);
}

async function moreOf(page) {
  await feed(page);
  await current(page).locator('button.act.last').click();
  await dialog(page).waitFor();
}

async function own(page) {
  await page.goto('/me');
  await page.getByRole('button', { name: 'Edit profile' }).waitFor();
}

/** Of somebody who is signed in; `at` is what it is called in pictures. */
export const PAGES = [
  ['home', feed],
  ['search', (page) => page.goto('/search')],
  ['search-videos', (page) => page.goto('/search?q=clip')],
  ['search-people', (page) => page.goto('/search?q=maker&kind=people')],
  ['search-hashtags', (page) => page.goto('/search?q=ceramics&kind=hashtags')],
  ['search-nothing', (page) => page.goto('/search?q=zqzqzqzq')],
  ['inbox', (page) => page.goto('/inbox')],
  ['me', own],
  ['settings', async (page) => {
    await page.goto('/settings');
    await page.getByText('Where you are signed in').waitFor();
  }],
  ['upload', (page) => page.goto('/upload')],
  ['profile', (page) => page.goto('/@maker.trains')],
  ['tag', (page) => page.goto('/tag/ceramics')],
  ['missing', (page) => {
    expects(page, answered(404));
    return page.goto('/no/such/page');
  }],
  ['video', async (page) => {
    await page.goto('/tag/ceramics');
    await page.locator('a.tile').first().click();
    await playing(page);
  }],
];

export const GUEST_PAGES = [
  ['guest-home', feed],
  ['guest-me', (page) => page.goto('/me')],
  ['guest-inbox', (page) => page.goto('/inbox')],
  ['guest-upload', (page) => page.goto('/upload')],
  ['guest-settings', (page) => page.goto('/settings')],
];

export const SHEETS = [
  ['sheet-comments', async (page) => {
    await feed(page);
    await current(page).locator('button.act').nth(1).click();
    await page.locator('#comment-box').waitFor();
  }],
  ['sheet-more', moreOf],
  ['sheet-why', async (page) => {
    await feed(page);
    await swipe(page);
    await playing(page);
    await current(page).locator('button.act.last').click();
    await dialog(page).getByRole('button', { name: 'Why this video' }).click();
    await page.locator('.reason').waitFor();
    const numbers = page.locator('summary');
    if ((await numbers.count()) > 0) await numbers.click();
  }],
  ['sheet-report', async (page) => {
    await moreOf(page);
    await dialog(page).getByRole('button', { name: 'Report' }).click();
    await page.getByText('What is wrong with it?').waitFor();
  }],
  ['sheet-profile', async (page) => {
    await own(page);
    await click(page, 'Edit profile');
    await page.locator('#p-name').waitFor();
  }],
  ['sheet-people', async (page) => {
    await page.goto('/@maker.trains');
    await page.getByRole('button', { name: /Followers/ }).click();
    await dialog(page).waitFor();
  }],
  ['sheet-keys', async (page) => {
    await feed(page);
    await page.keyboard.press('?');
    await dialog(page).waitFor();
  }],
  ['settings-password', async (page) => {
    await page.goto('/settings');
    await click(page, 'Change password');
    await page.locator('#sign-in-new').waitFor();
  }],
  ['settings-codes', async (page) => {
    await page.goto('/settings');
    await click(page, 'Make new codes');
    await page.locator('#sign-in-password').fill(PASSWORD);
    await page.locator('form button.main').click();
    await page.locator('.codes li').first().waitFor();
  }],
  ['settings-delete', async (page) => {
    await page.goto('/settings');
    await click(page, 'Delete account');
    await page.locator('#erase-password').waitFor();
  }],
];

const auth = (mode) => async (page) => {
  await page.goto('/me');
  await click(page, mode === 'up' ? 'Sign up' : 'Sign in');
  await page.locator('#auth-handle').waitFor();
  if (mode === 'recover') await click(page, 'Forgot password?');
};

export const GUEST_SHEETS = [
  ['sheet-sign-up', auth('up')],
  ['sheet-sign-in', auth('in')],
  ['sheet-recover', auth('recover')],
  ['sheet-sign-up-wrong', async (page) => {
    await auth('up')(page);
    await page.locator('[role=dialog] form button.main').click();
    await page.locator('[role=dialog] .problem').first().waitFor();
  }],
];

/** Right after signing up, without leaving the page. */
export const JUST_SIGNED_UP = [
  ['offer', async (page) => {
    await page.getByRole('button', { name: 'Get codes' }).waitFor();
  }],
  ['sheet-codes', async (page) => {
    await click(page, 'Get codes');
    await dialog(page).locator('.codes li').first().waitFor();
  }],
];

/** Of a clip of one's own, once there is one. */
async function moreOfOwn(page) {
  await own(page);
  await page.locator('a.tile').first().click();
  await playing(page);
  await current(page).locator('button.act.last').click();
  await dialog(page).getByRole('button', { name: 'Delete video' }).waitFor();
}

export const OWN_CLIP = [
  ['sheet-more-own', moreOfOwn],
  ['sheet-edit', async (page) => {
    await moreOfOwn(page);
    await dialog(page).getByRole('button', { name: 'Edit video' }).click();
    await page.locator('#edit-caption').waitFor();
  }],
];

/** The animations of what opened are over, and what it shows has come. */
export async function settled(page) {
  await eventually(() =>
    page.evaluate(
      () =>
        document.querySelectorAll('.pulse').length === 0 &&
        document.getAnimations().every((one) => one.playState !== 'running' || one.effect?.getTiming().iterations === Infinity),
    ),
  );
}

/** Walks through all of them as one person; `look` is told the name of each. */
export async function walk(page, look, { only = () => true } = {}) {
  const run = async (list) => {
    for (const [name, open] of list) {
      if (!only(name)) continue;
      await open(page);
      await settled(page);
      await look(name);
    }
  };
  await run(GUEST_PAGES);
  await run(GUEST_SHEETS);
  await signUp(page, 'walker');
  await run(JUST_SIGNED_UP);
  await run(PAGES);
  await run(SHEETS);
  if (!OWN_CLIP.some(([name]) => only(name))) return;
  await uploaded(page, page.context().browser(), { seconds: 1 }, 'A clip of my own');
  await run(OWN_CLIP);
}

