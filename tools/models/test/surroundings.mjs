// The program that is tested, and pictures and networks that may lie beside a checkout.

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const program = process.env.FILOSCOPE_PROGRAM ?? join(root, 'build/release/bin/filoscope');
const shared = process.env.FILOSCOPE_SHARED ?? join(root, '../shared');

/** What the program prints. */
export function filoscope(...words) {
  return execFileSync(program, words, { encoding: 'utf8', maxBuffer: 1 << 26 });
}

/** A folder or file of what is shared, or "" where there is none. */
export function sharedPath(name) {
  const path = join(shared, name);
  return existsSync(path) ? path : '';
}
