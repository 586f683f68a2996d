// An operator opens her page, changes what a like is worth and reads it under "How this feed works", and sees how visual search does; somebody
// else finds no way there. Reads {operator, other, password, weight} from standard input, two handles; writes one JSON line {how, visual, faults}:
// `visual` has the numbers of that card by their names, and what it says beside them. Pictures into FILOSCOPE_SHOTS.

import assert from 'node:assert/strict';
import { text } from 'node:stream/consumers';
import { faults } from './faults.mjs';
import { answered, DESKTOP, expects, follow, launch, PHONE, shot, visitor } from './lib.mjs';
import { settled } from './pages.mjs';
import { violations } from './violations.mjs';

const { operator, other, password, weight } = JSON.parse(await text(process.stdin));
const browser = await launch();
const found = [];

async function signedIn(handle, options) {
  const { context, page } = await visitor(browser, options);
  await page.goto('/me');
  await page.locator('.page-inner').getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.fill('#auth-handle', handle);
  await page.fill('#auth-password', password);
  await page.locator('[role=dialog] form button.main').click();
  await page.getByText(`@${handle}`).first().waitFor();
  return { context, page };
}

async function look(page, name, touch) {
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    await settled(page);
    const at = `${name}, ${colorScheme}`;
    found.push(
      ...[...(await faults(page, touch)), ...(await violations(page))].map((line) => `${at}: ${line}`),
    );
    await shot(page, `${name}-${colorScheme}`);
  }
}

const visualCard = (page) => page.getByRole('region', { name: 'Visual search' });

/** What the card says now, and once there is more to look at. */
async function visualOf(page) {
  const card = visualCard(page);
  const tiles = await card
    .locator('dl > div')
    .evaluateAll((all) => all.map((tile) => [...tile.children].slice(0, 2).map((one) => one.textContent)));
  const problem = await card.locator('.problem').innerText();
  assert.equal(await card.getByRole('progressbar').count(), 0);
  await page.route('**/api/v1/operator/visual', async (route) => {
    const response = await route.fetch();
    const json = { ...(await response.json()), videos: 3, failed: 1, waiting: 12, renewing: true };
    await route.fulfill({ response, json });
  });
  await page.getByRole('button', { name: 'Reload' }).click();
  const progress = card.getByRole('progressbar', { name: '4 of 16 videos are looked at.' });
  await progress.waitFor();
  assert.deepEqual(await progress.evaluate(({ value, max }) => [value, max]), [4, 16]);
  await card.getByText('learned again').waitFor();
  return { ...Object.fromEntries(tiles), problem };
}

async function lookAt(page, size, touch) {
  await follow(page, '/operator');
  await page.getByRole('heading', { name: 'What a reaction is worth' }).waitFor();
  await page.locator('input[data-head=like]').waitFor();
  await visualCard(page).waitFor();
  await look(page, `operator-${size}`, touch);
  await follow(page, '/how');
  await page.locator('[data-head=like]').waitFor();
  await look(page, `how-${size}`, touch);
}

const desk = await signedIn(operator, DESKTOP);
await desk.page.goto('/settings');
await desk.page.getByRole('link', { name: /reactions are worth/ }).click();
const field = desk.page.locator('input[data-head=like]');
await field.fill('much');
await desk.page.getByText('A number from −1,000 to 1,000.').waitFor();
assert.ok(await desk.page.getByRole('button', { name: 'Use these' }).isDisabled());
await field.fill(String(weight));
await desk.page.getByText(/^Like: .*come earlier/).waitFor();
await desk.page.getByRole('button', { name: 'Use these' }).click();
await desk.page.getByText('The next answer uses the new numbers.').waitFor();
await desk.page.getByRole('cell', { name: `@${operator}` }).waitFor();
const visual = await visualOf(desk.page);
await lookAt(desk.page, 'desktop', false);
const how = await desk.page.locator('[data-head=like]').innerText();
await desk.context.close();

const phone = await signedIn(operator, PHONE);
await lookAt(phone.page, 'phone', true);
await phone.context.close();

const { page } = await signedIn(other, PHONE);
await page.goto('/settings');
await page.getByRole('link', { name: 'How this feed works' }).waitFor();
assert.equal(await page.getByRole('link', { name: /reactions are worth/ }).count(), 0);
expects(page, answered(403));
await follow(page, '/operator');
await page.getByText('This page is for operators of this server.').waitFor();

console.log(JSON.stringify({ how, visual, faults: found }));
await browser.close();
