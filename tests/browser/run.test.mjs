// The runner counts every test that was not seen to pass, and a file that cannot be run as one.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));

/** What the runner says of these files, by their names. */
function said(files) {
  const folder = mkdtempSync(join(tmpdir(), 'filoscope-runner-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, `${name}.test.mjs`), text);
  const { NODE_TEST_CONTEXT: _, ...env } = process.env; // a runner inside of a test runs nothing
  const { stdout, status } = spawnSync(
    process.execPath,
    [join(here, 'run.mjs'), '--in', folder, '--file-seconds', '3'],
    { env: { FILOSCOPE_URL: 'http://localhost:1', ...env }, encoding: 'utf8', timeout: 60_000 },
  );
  rmSync(folder, { recursive: true });
  return { lines: stdout.trim().split('\n'), status };
}

const GOOD = "import { test } from 'node:test'; test('good', () => {});";

test('a file that hangs, one that dies and one that does not load are failures', () => {
  const { lines, status } = said({
    hanging: `${GOOD} test('never ends', () => new Promise(() => setInterval(() => {}, 100)));`,
    dying: `${GOOD} test('dies', () => process.kill(process.pid, 'SIGKILL'));`,
    broken: "import { nothing } from './not_there.mjs'; nothing();",
  });
  for (const name of ['hanging', 'dying', 'broken']) {
    assert.ok(
      lines.some((line) => line.startsWith(`FAILED  ${name}.test.mjs`)),
      `${name}: ${lines.join('\n')}`,
    );
  }
  assert.match(lines.at(-1), /^\d passed, 3 failed$/);
  assert.equal(status, 1);
});

test('a test that fails is counted once, and nothing is when all pass', () => {
  const failing = "import { test } from 'node:test'; test('bad', () => { throw new Error('no'); });";
  const { lines, status } = said({ good: GOOD, failing });
  assert.ok(lines.includes('- bad: no'), lines.join('\n'));
  assert.equal(lines.at(-1), '1 passed, 1 failed');
  assert.equal(status, 1);
  const fine = said({ good: GOOD });
  assert.equal(fine.lines.at(-1), '1 passed, 0 failed');
  assert.equal(fine.status, 0);
  const elsewhere = "import { test } from 'node:test'; test('needs files', { skip: 'none here' }, () => {});";
  assert.equal(said({ elsewhere }).status, 0);
  assert.equal(said({}).status, 1);
});
