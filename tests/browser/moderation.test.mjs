// What is blocked is held: from a clip's menu over what its uploader reads to what a moderator decides; and clips that
// show the same.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { faults, layoutFaults, wordFaults } from './faults.mjs';
import {
  answered,
  closed,
  current,
  DESKTOP,
  eventually,
  expects,
  follow,
  NO_ANSWER,
  PHONE,
  playing,
  post,
  published,
  sharedBrowser,
  shot,
  test,
} from './lib.mjs';
import { settled } from './pages.mjs';
import { card, ffmpeg, openModeration, toast, Town } from './town.mjs';
import { violations } from './violations.mjs';

const WHY = 'Shown without leave';
const town = new Town(sharedBrowser());
/** What is blocked, and what shows it again. */
let blocked;
let again;

/** As others upload it again: mirrored, cropped, encoded again, in silence. */
function passedOn(clip, name) {
  const path = join(town.folder, `${name}.mp4`);
  ffmpeg(
    ...['-i', clip, '-vf', 'hflip,crop=iw*0.94:ih*0.94,scale=270:480', '-an'],
    ...['-c:v', 'libx264', '-preset', 'veryfast', '-crf', 30, path],
  );
  return path;
}

const ask = (...words) => town.ask(...words);
const signedIn = (...words) => town.signedIn(...words);
const uploadedBy = (...words) => town.upload(...words);
const makeClip = (name, seed) => town.lively(name, seed);

const block = (video_id, reason, kind = 'clip') =>
  ask('mo', 'POST', '/moderation/blocked', { video_id, kind, reason });
const blockedNow = async () => (await ask('mo', 'GET', '/moderation/blocked')).items.map((one) => one.reason);

before(async () => {
  await town.open(['ada', 'bob', 'mo']);
  const clip = makeClip('blocked', 1);
  again = passedOn(clip, 'again');
  blocked = await uploadedBy('ada', clip, 'What is blocked');
  await block(blocked, WHY);
});
after(() => town.close());

async function openMenu(page, video) {
  await page.goto(`/v/${video}`);
  await playing(page);
  await current(page).locator('button.act.last').click();
  await page.getByRole('dialog', { name: 'More' }).waitFor();
}

test('a clip and its sound are blocked from its menu, for a reason, and that is undone', async () => {
  const { context, page } = await signedIn('mo');
  const video = await uploadedBy('ada', makeClip('menu', 2), 'From the menu');
  await openMenu(page, video);
  await page.getByRole('button', { name: 'Block this clip' }).tap();
  const sheet = page.getByRole('dialog', { name: 'Block this clip' });
  await sheet.getByText('This clip stays where it is.').waitFor();
  await sheet.getByRole('button', { name: 'Block', exact: true }).tap();
  await sheet.getByText('Say why it is blocked.').waitFor();
  const reason = sheet.getByLabel('Why it is blocked');
  assert.equal(await reason.getAttribute('aria-invalid'), 'true');
  assert.equal(await reason.getAttribute('maxlength'), '200');
  await reason.fill('Seen in a menu');
  await shot(page, 'block-sheet');
  await page.keyboard.press('Enter');
  await closed(page);
  await toast(page, 'Blocked. New uploads like it are held.');
  assert.equal((await blockedNow())[0], 'Seen in a menu');
  assert.equal((await ask('bob', 'GET', `/videos/${video}`)).state, 'published', 'it stays where it is');

  await openMenu(page, video);
  await page.getByRole('button', { name: 'Block its sound' }).tap();
  await page.getByLabel('Why it is blocked').fill('Heard in a menu');
  await page.getByRole('button', { name: 'Block', exact: true }).tap();
  await closed(page);
  const [entry] = (await ask('mo', 'GET', '/moderation/blocked')).items;
  assert.deepEqual([entry.kind, entry.reason], ['sound', 'Heard in a menu']);
  await page.getByRole('button', { name: 'Undo' }).tap();
  await toast(page, 'It is blocked no longer.');
  assert.ok(!(await blockedNow()).includes('Heard in a menu'));
  await context.close();
});

test('somebody without the role finds no way there', async () => {
  const { context, page } = await signedIn('bob');
  await openMenu(page, blocked);
  await page.getByRole('button', { name: 'Report' }).waitFor();
  assert.equal(await page.getByRole('button', { name: /^Block/ }).count(), 0);
  await page.goto('/settings');
  await page.getByRole('link', { name: 'How this feed works' }).waitFor();
  assert.equal(await page.getByRole('link', { name: /held/ }).count(), 0);
  expects(page, answered(403));
  await follow(page, '/moderation');
  await page.getByText('This page is for moderators and operators of this server.').waitFor();
  assert.equal(await page.getByRole('heading', { name: 'Block list' }).count(), 0);
  await context.close();
});

test('who uploads what is blocked reads everywhere that it is held, and how it ended', async () => {
  const { context, page } = await signedIn('bob');
  await post(page, again, 'Let me in');
  const video = await published(page);
  const upload = page.locator('article[data-phase]');
  await upload.getByText('Your video is held: somebody looks at it first.').waitFor();
  await upload.locator('li', { hasText: /^\s*Held\s*$/ }).waitFor();
  assert.equal(await page.getByText('Your video is live.').count(), 0);
  await shot(page, 'upload-held');

  await page.goto('/me');
  const tile = page.locator('.strip').getByRole('link', { name: 'Held: somebody looks at it first' });
  await tile.waitFor();
  await page.waitForTimeout(300);
  await shot(page, 'me-held');
  assert.equal(await page.locator(`a.tile[href="/v/${video}"]`).count(), 0, 'it is not among what is posted');
  await tile.tap();
  await playing(page);
  const note = current(page).getByRole('button', { name: 'Held: somebody looks at it first' });
  await shot(page, 'video-held');
  await note.tap();
  await page.getByRole('dialog').getByText('Until somebody has looked, only you can see it.').waitFor();
  await page.keyboard.press('Escape');
  await closed(page);
  await current(page).locator('button.act.last').tap();
  await page.getByRole('button', { name: 'Edit video' }).tap();
  await page.locator('#edit-caption').waitFor();
  await page.getByRole('dialog').getByText('Held: somebody looks at it first').waitFor();
  assert.equal(await page.getByRole('button', { name: 'Post', exact: true }).count(), 0);

  await page.goto('/inbox');
  const row = (text) => page.locator('.one', { hasText: text });
  await row('Your video is held').waitFor();
  assert.equal(await row('Your video is held').getAttribute('href'), '/me');
  await shot(page, 'inbox-held');
  await ask('mo', 'POST', `/moderation/held/${video}/release`);
  await row('Your video is live.').first().waitFor(); // told by the socket
  assert.equal(await row('Your video is live.').first().getAttribute('href'), `/v/${video}`);
  await page.goto('/me');
  await page.locator(`a.tile[href="/v/${video}"]`).waitFor();

  const refused = await uploadedBy('bob', again, 'Not this one');
  await ask('mo', 'POST', `/moderation/held/${refused}/refuse`);
  await page.goto('/inbox');
  await row('was not published').waitFor();
  assert.equal(await row('was not published').getAttribute('href'), null, 'there is nothing to go to');
  await context.close();
});

test('a draft that is held is described further, not posted', async () => {
  const form = new FormData();
  form.set('caption', 'A draft to hold');
  form.set('draft', 'true');
  form.set('file', new Blob([readFileSync(again)]), 'clip.mp4');
  const { id } = (await ask('bob', 'POST', '/videos', form)).video;
  await eventually(async () => (await ask('bob', 'GET', `/videos/${id}`)).held);
  const { context, page } = await signedIn('bob');
  await page.goto(`/v/${id}`);
  await playing(page);
  await current(page).locator('button.act.last').tap();
  await page.getByRole('button', { name: 'Edit video' }).tap();
  await page.fill('#edit-caption', 'A better draft');
  assert.equal(await page.getByRole('button', { name: 'Post', exact: true }).count(), 0);
  await page.getByRole('button', { name: 'Save changes' }).tap();
  await closed(page);
  const { caption, draft, held } = await ask('bob', 'GET', `/videos/${id}`);
  assert.deepEqual([caption, draft, held], ['A better draft', true, true]);
  await ask('mo', 'POST', `/moderation/held/${id}/refuse`);
  await context.close();
});

test('frames are blurred until somebody wants to see them, and what is held is released', async () => {
  const video = await uploadedBy('bob', again, 'To be released');
  const { context, page } = await signedIn('mo');
  await openModeration(page);
  const held = card(page, video);
  await held.getByText(WHY).waitFor();
  await held.getByText('bob here').waitFor();
  const frame = held.getByRole('button', { name: /^Show frame 1 of \d+$/ });
  await eventually(() => frame.locator('img').evaluate((img) => img.complete && img.naturalWidth > 0));
  const blur = () => frame.locator('img').evaluate((img) => getComputedStyle(img).filter);
  assert.match(await blur(), /blur\(2\dpx\)/);
  await shot(page, 'moderation-phone');
  await frame.tap();
  assert.equal(await frame.getAttribute('aria-pressed'), 'true');
  assert.equal(await blur(), 'none');
  await shot(page, 'moderation-phone-shown');
  await frame.tap();
  assert.match(await blur(), /blur/);
  await frame.focus();
  await page.keyboard.press('Enter');
  assert.equal(await blur(), 'none');
  await page.keyboard.press('Space');
  assert.match(await blur(), /blur/);

  let answer = () => {};
  await page.route('**/release', async (route) => {
    await new Promise((resolve) => (answer = resolve));
    await route.fallback();
  });
  await held.getByRole('button', { name: 'Release: To be released' }).tap();
  await held.waitFor({ state: 'detached', timeout: 1000 }); // before any answer
  await page.getByRole('button', { name: 'Reload' }).tap();
  await page.waitForResponse((response) => response.url().endsWith('/moderation/held'));
  await page.waitForTimeout(200);
  assert.equal(await held.count(), 0, 'an answer from before brings it not back');
  answer();
  await toast(page, 'Released. Its owner is told.');
  assert.equal((await ask('ada', 'GET', `/videos/${video}`)).state, 'published');
  await context.close();
});

test('what could not be decided is there again and says why; what somebody else decided leaves', async () => {
  const [first, second] = [
    await uploadedBy('bob', again, 'Without a network'),
    await uploadedBy('bob', again, 'Somebody was first'),
  ];
  const { context, page } = await signedIn('mo', DESKTOP);
  expects(page, NO_ANSWER, answered(404));
  await openModeration(page);
  await page.route('**/release', (route) => route.abort('internetdisconnected'));
  await card(page, first)
    .getByRole('button', { name: /^Release:/ })
    .click();
  await card(page, first).getByText('Not done, it is still held.').waitFor();
  await page.unroute('**/release');
  await ask('mo', 'POST', `/moderation/held/${second}/release`);
  await card(page, second)
    .getByRole('button', { name: /^Release:/ })
    .click();
  await toast(page, 'It is held no longer');
  assert.equal(await card(page, second).count(), 0);
  await card(page, first)
    .getByRole('button', { name: /^Release:/ })
    .click();
  await toast(page, 'Released.');
  assert.equal((await ask('ada', 'GET', `/videos/${first}`)).state, 'published');
  await context.close();
});

test('deleting for good asks first, by keyboard too, and the next one has the focus', async () => {
  const [first, second] = [
    await uploadedBy('bob', again, 'To be refused'),
    await uploadedBy('bob', again, 'The next one'),
  ];
  const { context, page } = await signedIn('mo', DESKTOP);
  await openModeration(page);
  await card(page, first).getByRole('button', { name: 'Delete for good: To be refused' }).press('Enter');
  const sheet = page.getByRole('dialog', { name: 'Delete for good' });
  await sheet.getByText('This cannot be undone.').waitFor();
  await sheet.locator('button.danger:enabled').waitFor();
  await page.keyboard.press('Enter'); // on what is offered first: to leave it
  await closed(page);
  assert.equal((await ask('bob', 'GET', `/videos/${first}`)).held, true);
  await card(page, first)
    .getByRole('button', { name: /^Delete for good/ })
    .press('Enter');
  await sheet.locator('button.danger:enabled').press('Enter');
  await toast(page, 'Deleted. Its owner is told that it was not published.');
  await closed(page);
  assert.equal(await card(page, first).count(), 0);
  const focused = await page.evaluate(() => document.activeElement.dataset.held);
  assert.equal(focused, second);
  await assert.rejects(ask('bob', 'GET', `/videos/${first}`), /404/);
  await ask('mo', 'POST', `/moderation/held/${second}/refuse`);
  await page.getByRole('button', { name: 'Reload' }).click();
  await page.getByText('Nothing is held').waitFor();
  await shot(page, 'moderation-empty');
  await context.close();
});

test('the block list: taken off with undo, out and in as a file, page by page', async () => {
  for (const reason of ['One of three', 'Two of three', 'Three of three']) await block(blocked, reason);
  const { context, page } = await signedIn('mo');
  const asked = [];
  page.on('request', (request) => request.method() === 'DELETE' && asked.push(request.url()));
  await page.route('**/moderation/blocked?*', (route) =>
    route.continue({ url: `${route.request().url()}&limit=2` }),
  );
  await page.route('**/moderation/blocked', (route) =>
    route.request().method() === 'GET'
      ? route.continue({ url: `${route.request().url()}?limit=2` })
      : route.fallback(),
  );
  await openModeration(page);
  const row = (text) => page.locator('[data-blocked]', { hasText: text });
  const end = () => page.locator('.page').evaluate((node) => node.scrollTo(0, node.scrollHeight));
  await eventually(async () => end().then(() => row(WHY).count())); // the oldest, some pages later
  const all = await blockedNow();
  assert.deepEqual(await page.locator('[data-blocked] .reason').allInnerTexts(), all);

  await page.getByRole('button', { name: 'Take off: Two of three' }).tap();
  await row('Two of three').getByText('Taken off.').waitFor();
  await shot(page, 'moderation-taken-off');
  await page.getByRole('button', { name: 'Undo: Two of three' }).tap();
  await page.waitForTimeout(7500);
  assert.deepEqual(asked, [], 'nobody was asked');
  const list = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Download as CSV' }).tap();
  const file = await (await list).path();
  const csv = readFileSync(file, 'utf8');
  assert.equal(csv.split('\r\n').filter((line) => line.startsWith('clip,')).length, all.length);

  await page.getByRole('button', { name: 'Take off: Two of three' }).tap();
  await row('Two of three').waitFor({ state: 'detached', timeout: 15_000 });
  assert.equal(asked.length, 1);
  await page.getByRole('button', { name: 'Take off: One of three' }).tap();
  await page.getByRole('button', { name: 'Back', exact: true }).tap(); // what is left is done
  await eventually(async () => !(await blockedNow()).includes('One of three'));
  await openModeration(page);

  const entries = csv.split('\r\n').filter(Boolean);
  const give = (text) =>
    page.setInputFiles('[data-testid=list]', { name: 'list.csv', mimeType: '', buffer: Buffer.from(text) });
  expects(page, answered(400));
  await give([...entries, 'clip,why,then,AAAA', ''].join('\r\n'));
  await page
    .getByRole('alert')
    .getByText(`Line ${entries.length + 1} of the list cannot be read`)
    .waitFor();
  await shot(page, 'moderation-line');
  await give(csv); // with the two that were taken off
  await page.getByText('2 entries added.').waitFor();
  await give(csv);
  await page.getByText('All of it was on the list already.').waitFor();
  for (const { id } of (await ask('mo', 'GET', '/moderation/blocked')).items)
    await ask('mo', 'DELETE', `/moderation/blocked/${id}`);
  await page.getByRole('button', { name: 'Reload' }).tap();
  await page.getByText('Nothing is blocked').waitFor();
  assert.equal(
    (await ask('ada', 'GET', `/videos/${await uploadedBy('bob', again, 'While it is off')}`)).held,
    false,
  );
  await give(csv);
  await page.getByText(/\d+ entr(y|ies) added\./).waitFor();
  await row(WHY).waitFor();
  assert.deepEqual((await blockedNow()).sort(), all.sort());
  const held = await uploadedBy('bob', again, 'Held by the file');
  assert.equal((await ask('bob', 'GET', `/videos/${held}`)).held, true);
  await ask('mo', 'POST', `/moderation/held/${held}/refuse`);
  await context.close();
});

test('a live copy says so to who uploaded it, with the way to the other clip, and to nobody else', async () => {
  const clip = makeClip('first', 7);
  const first = await uploadedBy('ada', clip, 'The first of them');
  const copy = await uploadedBy('bob', passedOn(clip, 'second'), 'The second of them');
  const { context, page } = await signedIn('bob');
  await page.goto('/inbox');
  const row = page.locator('.one', { hasText: 'shows what another clip shows' }).first();
  assert.equal(await row.getAttribute('href'), `/v/${copy}`);
  await row.tap();
  await playing(page);
  await shot(page, 'video-copy');
  await current(page).getByRole('button', { name: 'It shows the same as another clip' }).tap();
  const sheet = page.getByRole('dialog', { name: 'It shows the same as another clip' });
  await sheet.getByText('you may keep it').waitFor();
  await page.waitForTimeout(300);
  await shot(page, 'note-copy');
  assert.equal(await sheet.getByRole('link', { name: '@ada' }).getAttribute('href'), '/@ada');
  await sheet.getByRole('link', { name: 'Watch the other clip' }).tap();
  await page.waitForURL(`**/v/${first}`);
  await playing(page);
  assert.equal(
    await current(page)
      .getByRole('button', { name: /shows the same/ })
      .count(),
    0,
  );
  await context.close();

  const desk = await signedIn('bob', DESKTOP);
  await desk.page.goto(`/v/${copy}`);
  await playing(desk.page);
  await desk.page.getByRole('note').getByText('It shows the same as another clip').waitFor();
  await shot(desk.page, 'video-copy-desktop');
  await desk.context.close();

  const other = await signedIn('ada', DESKTOP);
  await other.page.goto(`/v/${copy}`);
  await playing(other.page);
  assert.equal(await other.page.getByRole('note').count(), 0);
  await other.context.close();
});

test('the page asks anew each minute while it is looked at, and by itself once the server is back', async () => {
  const { context, page } = await signedIn('mo', DESKTOP);
  await page.clock.install();
  const asked = [];
  page.on('request', (request) => request.url().endsWith('/moderation/held') && asked.push(request));
  await openModeration(page);
  await eventually(() => asked.length === 1);
  const late = await uploadedBy('bob', again, 'Later than the page');
  await page.clock.fastForward(61_000);
  await card(page, late).waitFor();
  await page.evaluate(() => Object.defineProperty(document, 'hidden', { value: true, configurable: true }));
  const before = asked.length;
  await page.clock.fastForward(61_000);
  await page.waitForTimeout(300);
  assert.equal(asked.length, before, 'nobody looks');
  await page.evaluate(() => Object.defineProperty(document, 'hidden', { value: false, configurable: true }));

  expects(page, NO_ANSWER);
  await page.route('**/moderation/held', (route) => route.abort('internetdisconnected'));
  await page.getByRole('button', { name: 'Reload' }).click();
  await page.getByText('What is held could not be asked for.').waitFor();
  assert.equal(await card(page, late).count(), 1, 'what is known stays');
  await page.unroute('**/moderation/held');
  await page.clock.fastForward(5000); // until the server is asked whether it is there
  await page.getByText('What is held could not be asked for.').waitFor({ state: 'detached' });
  await ask('mo', 'POST', `/moderation/held/${late}/refuse`);
  await context.close();
});

test('the page at its sizes, in both themes, from right to left and with large type', async () => {
  const long = 'Donaudampfschifffahrtsgesellschaftskapitänsmütze'.repeat(4);
  const all = [
    await uploadedBy('bob', again, ''),
    await uploadedBy('bob', again, `${long} #${'x'.repeat(40)} and many words `.repeat(4)),
    await uploadedBy('bob', again, 'קליפ עם שם מימין לשמאל'),
  ];
  await block(blocked, 'W'.repeat(200));
  const found = [];
  for (const [name, options] of [
    ['360x640', { ...PHONE, viewport: { width: 360, height: 640 } }],
    ['390x844', PHONE],
    ['844x390', { ...PHONE, viewport: { width: 844, height: 390 } }],
    ['820x1180', { ...PHONE, viewport: { width: 820, height: 1180 } }],
    ['1440x900', DESKTOP],
  ]) {
    const { context, page } = await signedIn('mo', options);
    await openModeration(page);
    await card(page, all[0]).waitFor();
    const look = async (at) => {
      await page.locator('#blocked-title').waitFor();
      await settled(page);
      const touch = options !== DESKTOP;
      const lines = [
        ...(await faults(page, touch)),
        ...(await wordFaults(page)),
        ...(touch ? await layoutFaults(page) : []),
        ...(await violations(page)),
      ];
      found.push(...lines.map((line) => `${name}, ${at}: ${line}`));
      await shot(page, `moderation-${name}-${at}`);
    };
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme });
      await look(colorScheme);
    }
    await page.evaluate(() => (document.documentElement.dir = 'rtl'));
    await look('rtl');
    await page.evaluate(() => {
      document.documentElement.dir = 'ltr';
      document.documentElement.style.fontSize = '32px';
    });
    await look('type-200');
    await page.evaluate(() => (document.documentElement.style.fontSize = ''));
    await page.locator('[data-blocked]').last().scrollIntoViewIfNeeded();
    await look('list');
    await ask('mo', 'PATCH', '/me', { language: 'de' });
    await page.goto('/settings');
    await page.getByRole('heading', { name: 'Einstellungen' }).waitFor();
    await follow(page, '/moderation');
    await page.getByRole('heading', { name: 'Sperrliste' }).waitFor();
    await look('de');
    await ask('mo', 'PATCH', '/me', { language: 'en' });
    await context.close();
  }
  assert.deepEqual(found, []);
});
