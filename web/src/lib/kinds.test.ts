import { expect, test } from 'vitest';
import { known } from './kinds';

test('entries of kinds that the app has no card for are passed over, the page goes on', () => {
  const page = {
    items: [{ kind: 'live' }, { kind: 'video', id: 'a' }, { kind: 'product' }],
    next_cursor: 'c',
  };
  expect(known(page)).toEqual({ items: [{ kind: 'video', id: 'a' }], next_cursor: 'c' });
});
