import { expect, it } from 'vitest';
import { nameOf } from './names';

it.each([
  ['A clip', 'A clip'],
  [' two\n\nlines ', 'two lines'],
  ['', 'no caption'],
  [' \n', 'no caption'],
  ['x'.repeat(60), 'x'.repeat(60)],
  ['😀'.repeat(61), `${'😀'.repeat(60)}…`],
])('%j is called %j', (caption, name) => {
  expect(nameOf(caption, 'no caption')).toBe(name);
});
