import { beforeEach, describe, expect, it } from 'vitest';
import { warnings } from './warnings.svelte';

const video = (marks: { sensitive?: boolean; flashes?: boolean }, own = false) => ({
  id: 'v1',
  sensitive: false,
  flashes: false,
  ...marks,
  viewer: { own },
});

describe('what is said before a clip plays', () => {
  beforeEach(() => warnings.clear());

  it('is nothing of most, and nothing of her own', () => {
    expect(warnings.of(video({}))).toBe(null);
    expect(warnings.of(video({ sensitive: true, flashes: true }, true))).toBe(null);
  });

  it('is that it may not be for everyone, to who has not asked for such', () => {
    expect(warnings.of(video({ sensitive: true }))).toBe('sensitive');
    warnings.asked = true;
    expect(warnings.of(video({ sensitive: true }))).toBe(null);
  });

  it('is that it flashes, to everybody', () => {
    warnings.asked = true;
    expect(warnings.of(video({ flashes: true }))).toBe('flashes');
  });

  it('is both, one after the other', () => {
    const both = video({ sensitive: true, flashes: true });
    expect(warnings.of(both)).toBe('sensitive');
    warnings.want('v1', 'sensitive');
    expect(warnings.of(both)).toBe('flashes');
    warnings.want('v1', 'flashes');
    expect(warnings.of(both)).toBe(null);
  });

  it('is said again of another clip, and after she has signed out', () => {
    warnings.want('v1', 'sensitive');
    expect(warnings.of({ ...video({ sensitive: true }), id: 'v2' })).toBe('sensitive');
    warnings.clear();
    expect(warnings.of(video({ sensitive: true }))).toBe('sensitive');
  });
});
