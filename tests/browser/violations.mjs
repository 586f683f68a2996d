// What axe-core finds on the page that is open.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './lib.mjs';

const AXE = readFileSync(join(root, 'web/node_modules/axe-core/axe.min.js'), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** Each violation as a line: the rule, why, and the first elements. */
export async function violations(page) {
  // Not as a script of the page: its content policy allows none but its own.
  await page.evaluate(`if (!window.axe) { ${AXE} }`);
  const found = await page.evaluate((tags) => window.axe.run(document, { runOnly: tags }), TAGS);
  return found.violations.map(
    ({ id, help, nodes }) =>
      `${id}: ${help}: ${nodes
        .slice(0, 3)
        .map((node) => node.html.slice(0, 140))
        .join(' | ')}`,
  );
}
