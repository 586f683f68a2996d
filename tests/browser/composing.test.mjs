// Enter, Escape and the arrows belong to an input method while it composes: in every field there is,
// with the browser's own composition, as Chrome and as Safari tell of it.

import assert from 'node:assert/strict';
import { recordClip, sharedBrowser, test, visitor } from './lib.mjs';
import { walk } from './pages.mjs';

const browser = sharedBrowser();

const FIELDS =
  'input:not([type=file]):not([type=radio]):not([type=checkbox]):not([type=date]):not([type=range]):not([type=hidden]):not([readonly]), textarea';
const WORD = 'にほんご';

/** What this page has sent, but for what it tells of watching. */
function acts(page) {
  const sent = [];
  page.on('request', (request) => {
    if (request.method() !== 'GET' && !/\/events$/.test(request.url()))
      sent.push(`${request.method()} ${request.url()}`);
  });
  return sent;
}

/** Where she is and what is open. */
const place = (page) =>
  page.evaluate(
    () =>
      `${location.href} ${document.querySelectorAll('[role=dialog]').length} dialogs, ${document.activeElement.id}`,
  );

const KEYS = [
  ['Enter', 13],
  ['Escape', 27],
  ['ArrowDown', 40],
  ['ArrowUp', 38],
  ['Tab', 9],
];

async function composed(page, cdp, field, sent) {
  const faults = [];
  await field.fill('');
  await field.focus();
  const before = await place(page);
  const check = async (how) => {
    const now = await place(page);
    if (now !== before) faults.push(`${how}: was at ${before}, is at ${now}`);
    if (sent.length > 0) faults.push(`${how}: sent ${sent.splice(0).join(', ')}`);
    return now === before;
  };
  await cdp.send('Input.imeSetComposition', {
    text: WORD,
    selectionStart: WORD.length,
    selectionEnd: WORD.length,
  });
  for (const [key, code] of KEYS) {
    for (const windowsVirtualKeyCode of [229, code]) {
      // Tab without an input method moves on, as it must.
      if (key === 'Tab' && windowsVirtualKeyCode === code) continue;
      await cdp.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', key, code: key, windowsVirtualKeyCode });
      if (key === 'Enter') await cdp.send('Input.dispatchKeyEvent', { type: 'char', key, text: '\r' });
      await cdp.send('Input.dispatchKeyEvent', { type: 'keyUp', key, code: key, windowsVirtualKeyCode });
      if (!(await check(`${key} as ${windowsVirtualKeyCode}`))) return faults;
    }
  }
  await cdp.send('Input.insertText', { text: WORD });
  // Safari: the composition has ended before its key is told.
  for (const [how, keyCode] of [
    ['with 229', 229],
    ['with its own code', 13],
  ]) {
    await field.evaluate((node, code) => {
      node.dispatchEvent(new CompositionEvent('compositionend', { bubbles: true, data: 'x' }));
      const event = new KeyboardEvent('keydown', {
        key: 'Enter',
        keyCode: code,
        which: code,
        bubbles: true,
        cancelable: true,
      });
      if (node.dispatchEvent(event) && node instanceof HTMLInputElement) node.form?.requestSubmit();
      node.dispatchEvent(new KeyboardEvent('keyup', { key: 'Enter', bubbles: true }));
    }, keyCode);
    await page.waitForTimeout(50);
    await check(`after the composition, ${how}`);
  }
  return faults;
}

test('no key of an input method sends, chooses, closes or moves anything, in any field', async (t) => {
  const { context, page } = await visitor(browser);
  const cdp = await context.newCDPSession(page);
  const sent = acts(page);
  const found = [];
  const fields = new Set();
  const walkFields = async (name) => {
    const shown = await page.locator(FIELDS).filter({ visible: true }).all();
    for (let index = 0; index < shown.length; index++) {
      const field = page.locator(FIELDS).filter({ visible: true }).nth(index);
      const id = await field.evaluate((node) => node.id || node.getAttribute('aria-label'));
      sent.length = 0;
      found.push(...(await composed(page, cdp, field, sent)).map((fault) => `${name}, ${id}: ${fault}`));
      fields.add(id);
    }
  };
  await walk(page, walkFields, {
    only: (name) =>
      !/more-own|home|missing|tag|keys|people$|sheet-more|why|linked|clip|full|drafts|upload-|toast|remove|sheet-delete/.test(
        name,
      ),
  });
  const clip = await recordClip(browser, { seconds: 1 });
  await page.goto('/upload');
  await page.setInputFiles('[data-testid=file]', clip);
  await page.locator('#caption').waitFor();
  await walkFields('upload-describe');
  t.diagnostic(`${fields.size} fields: ${[...fields].join(', ')}`);
  assert.ok(fields.size >= 14, [...fields].join(', '));
  assert.deepEqual(found, []);
  await context.close();
});

test('a suggestion is not chosen by the Enter that ends a word, but by the next one', async () => {
  const { context, page } = await visitor(browser);
  const cdp = await context.newCDPSession(page);
  await page.goto('/upload');
  await page.setInputFiles('[data-testid=file]', await recordClip(browser, { seconds: 1 }));
  const box = page.locator('#caption');
  await box.pressSequentially('#cer');
  await page.getByRole('option').first().waitFor();
  await cdp.send('Input.imeSetComposition', { text: 'a', selectionStart: 1, selectionEnd: 1 });
  await page.getByRole('option').first().waitFor();
  await cdp.send('Input.dispatchKeyEvent', {
    type: 'rawKeyDown',
    key: 'Enter',
    code: 'Enter',
    windowsVirtualKeyCode: 229,
  });
  await cdp.send('Input.insertText', { text: 'a' });
  await cdp.send('Input.dispatchKeyEvent', {
    type: 'keyUp',
    key: 'Enter',
    code: 'Enter',
    windowsVirtualKeyCode: 13,
  });
  assert.equal(await box.inputValue(), '#cera');
  await page.getByRole('option').first().waitFor();
  await page.keyboard.press('Enter');
  assert.equal(await box.inputValue(), '#ceramics ');
  await context.close();
});

test('Enter sends a comment once the word is finished', async () => {
  const { context, page } = await visitor(browser);
  await walk(page, async () => {}, { only: (name) => name === 'sheet-comments' });
  const cdp = await context.newCDPSession(page);
  await page.locator('#comment-box').focus();
  await cdp.send('Input.imeSetComposition', { text: WORD, selectionStart: 1, selectionEnd: 1 });
  await cdp.send('Input.insertText', { text: WORD });
  await page.waitForTimeout(120);
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').locator('.text', { hasText: WORD }).first().waitFor();
  await context.close();
});
