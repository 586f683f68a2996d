// Runs the browser tests one after the other and ends with "N passed, N failed".
// run.mjs [--in FOLDER] [--file-seconds N] [NAME...]

import { readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { run } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: {
    in: { type: 'string', default: dirname(fileURLToPath(import.meta.url)) },
    'file-seconds': { type: 'string', default: '1200' },
  },
});

if (!process.env.FILOSCOPE_URL) {
  console.error('Set FILOSCOPE_URL to the address of a running server, like http://localhost:8080.');
  process.exit(2);
}

const files = readdirSync(values.in)
  .filter((name) => name.endsWith('.test.mjs'))
  .filter((name) => wanted.length === 0 || wanted.includes(name.replace(/\.test\.mjs$/, '')))
  .map((name) => join(values.in, name));

let passed = 0;
let skipped = 0;
const failures = [];
const began = Date.now();

/** A file whose tests all have a line of their own gives one more when it passes. */
const isFile = (event) => Boolean(event.file?.endsWith(event.name));
const isSuite = (event) => event.details?.type === 'suite';

const stream = run({ files, concurrency: 1, timeout: Number(values['file-seconds']) * 1000 });
stream.on('test:pass', (event) => {
  if (isSuite(event) || isFile(event)) return;
  if (event.skip !== undefined) skipped++;
  else passed++;
  const how = event.skip !== undefined ? `skipped: ${event.skip}` : 'ok';
  console.log(`${how}  ${event.name} (${(event.details.duration_ms / 1000).toFixed(1)} s)`);
});
stream.on('test:fail', (event) => {
  if (isSuite(event)) return;
  // As a whole a file fails only when it hangs, dies or does not load: not all of its tests have been told of then.
  const name = isFile(event) ? basename(event.name) : event.name;
  const cause = event.details.error?.cause ?? event.details.error;
  failures.push(
    `${name}: ${String(cause?.message ?? cause)
      .split('\n')
      .slice(0, 40)
      .join('\n    ')}`,
  );
  console.log(`FAILED  ${name}`);
});
stream.on('test:diagnostic', (event) => {
  if (!/^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) /.test(event.message)) {
    console.log(`        ${event.message}`);
  }
});
stream.on('test:stderr', (event) => process.stderr.write(event.message));
stream.on('end', () => {
  for (const failure of failures) console.log(`- ${failure}`);
  const seconds = ((Date.now() - began) / 1000).toFixed(0);
  if (skipped > 0) console.log(`${skipped} skipped`);
  console.log(`browser tests took ${seconds} s`);
  console.log(`${passed} passed, ${failures.length} failed`);
  process.exitCode = failures.length > 0 || passed + skipped === 0 ? 1 : 0;
});
stream.resume();
