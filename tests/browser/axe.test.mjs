// What axe-core finds on every page and sheet, on a phone and on a desktop: nothing.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DESKTOP, PHONE, root, sharedBrowser, test, visitor } from './lib.mjs';
import { names, settled, walk } from './pages.mjs';
import { violations } from './violations.mjs';

const browser = sharedBrowser();

for (const [size, options] of [
  ['390x844', PHONE],
  ['1440x900', DESKTOP],
]) {
  test(`no violation on any page or sheet at ${size}, in either theme`, { timeout: 900_000 }, async (t) => {
    const { context, page } = await visitor(browser, options);
    const found = [];
    let looked = 0;
    await walk(page, async (name) => {
      looked++;
      for (const colorScheme of ['light', 'dark']) {
        await page.emulateMedia({ colorScheme });
        await settled(page);
        found.push(...(await violations(page)).map((line) => `${name}, ${colorScheme}: ${line}`));
      }
    });
    t.diagnostic(`${looked} pages and sheets`);
    assert.deepEqual(found, []);
    await context.close();
  });
}

test('no sheet that the app has is left out', () => {
  const source = readFileSync(join(root, 'web/src/lib/sheets.svelte.ts'), 'utf8');
  const sheets = [...source.matchAll(/\{ name: '(\w+)'/g)].map(([, name]) => `sheet-${name}`);
  assert.ok(sheets.length >= 10, sheets.join());
  assert.deepEqual(
    sheets.filter((name) => !names().includes(name)),
    [],
  );
});
