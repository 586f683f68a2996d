import { expect, it } from 'vitest';
import { describerKind, looked } from './visual';

it('counts what cannot be looked at to what is done', () => {
  expect(looked({ videos: 10, failed: 2, waiting: 28 })).toEqual({ done: 12, all: 40 });
  expect(looked({ videos: 0, failed: 0, waiting: 0 })).toEqual({ done: 0, all: 0 });
});

it('tells a network from what is built in, by its name', () => {
  const names = ['builtin-1', 'network-2-d715a7881a3f', 'networks-1', 'other'];
  expect(names.map(describerKind)).toEqual(['builtin', 'network', null, null]);
});
