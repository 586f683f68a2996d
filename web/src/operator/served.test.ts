import { expect, it } from 'vitest';
import { perMinute, routeLines } from './served';

it('counts by the minute', () => {
  expect(perMinute([10, null, 9], [5, 1, 3])).toEqual([2, null, 3]);
});

it('shows what gave most, and the rest together', () => {
  const routes = { fresh: [1, 1], none: [0, 0], als: [5, null], order: [2, 3], friends: [1, 0] };
  expect(routeLines(routes, 4).map((line) => line.route)).toEqual(['als', 'order', 'fresh', 'friends']);
  expect(routeLines(routes, 3)).toEqual([
    { route: 'als', values: [5, null] },
    { route: 'order', values: [2, 3] },
    { route: '', values: [2, 1] },
  ]);
  expect(routeLines({ none: [0] }, 3)).toEqual([]);
});
