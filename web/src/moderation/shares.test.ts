import { describe, expect, it } from 'vitest';
import type { Judgement } from '../lib/types';
import { atOf, couldNotLook, percentOf } from './shares';

const judgement: Judgement = {
  verdict: 'hold',
  by: 'safety-1',
  explicit: 0.97,
  suggestive: 0,
  at_ms: 61_400,
};

describe('what the classifier took a video for', () => {
  it('is said in whole percent, and never as sure where it was not', () => {
    expect([0, 0.001, 0.5, 0.974, 0.998, 1].map(percentOf)).toEqual([0, 1, 50, 97, 99, 100]);
  });

  it('is nothing where it could not look', () => {
    expect(couldNotLook({ ...judgement, by: '' })).toBe(true);
    expect(couldNotLook(judgement)).toBe(false);
  });

  it('names the second of the scene that decided', () => {
    expect(atOf(judgement)).toBe('1:01');
  });
});
