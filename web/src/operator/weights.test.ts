import { describe, expect, it } from 'vitest';
import { changes, difference, moves, parsed, written } from './weights';

describe('a typed weight', () => {
  it.each([
    ['1', 1],
    [' -2.5 ', -2.5],
    ['0,3', 0.3],
    ['−4', -4],
    ['.5', 0.5],
    ['1000', 1000],
    ['1000.1', null],
    ['', null],
    ['1e3', null],
    ['1.000,5', null],
    ['much', null],
  ])('%s is %s', (text, value) => {
    expect(parsed(text, 1000)).toBe(value);
  });

  it('is written as it can be read again', () => {
    expect(written(-0.3, ',')).toBe('-0,3');
    expect(parsed(written(-0.3, ','), 1000)).toBe(-0.3);
  });
});

describe('changes', () => {
  const weights = [
    { head: 'skip', weight: -1, built_in: -1 },
    { head: 'like', weight: 1, built_in: 1 },
  ];

  it('are what differs and can be read', () => {
    expect(changes(weights, { skip: '-1', like: '2' }, 1000)).toEqual([{ head: 'like', from: 1, to: 2 }]);
    expect(changes(weights, { skip: '-', like: '1.0' }, 1000)).toEqual([]);
  });

  it('say which way clips go', () => {
    expect(moves({ head: 'like', from: 1, to: 2 })).toBe('earlier');
    expect(moves({ head: 'skip', from: -1, to: -3 })).toBe('later');
    expect(moves({ head: 'skip', from: -1, to: 0 })).toBe('nothing');
  });

  it('are told of two sets', () => {
    expect(difference({ skip: -1, like: 1 }, { skip: -1, like: 3 })).toEqual([
      { head: 'like', from: 1, to: 3 },
    ]);
  });
});
