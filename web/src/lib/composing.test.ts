import { describe, expect, it } from 'vitest';
import { Composing } from './composing';

const key = (timeStamp: number, more = {}) => ({ isComposing: false, keyCode: 13, timeStamp, ...more });

describe('Composing', () => {
  it('owns what a browser says is composed, by either name', () => {
    const composing = new Composing(false);
    expect(composing.owns(key(5, { isComposing: true }))).toBe(true);
    expect(composing.owns(key(5, { keyCode: 229 }))).toBe(true);
    expect(composing.owns(key(5))).toBe(false);
  });

  it('owns the key that is told just after the end, until one is let go', () => {
    const composing = new Composing(true);
    composing.ended(1000);
    expect(composing.owns(key(1001))).toBe(true);
    composing.released();
    expect(composing.owns(key(1002))).toBe(false);
    composing.ended(2000);
    expect(composing.owns(key(2500))).toBe(false);
  });

  it('does not swallow the Enter of a keyboard that ends its word before each', () => {
    const composing = new Composing(false);
    composing.ended(1000);
    expect(composing.owns(key(1001))).toBe(false);
  });
});
