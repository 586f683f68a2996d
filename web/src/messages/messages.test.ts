import { describe, expect, it } from 'vitest';
import { de } from './de';
import { en } from './en';

const names = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort();

describe('messages', () => {
  it('say the same with the same values in every language', () => {
    expect(Object.keys(de).sort()).toEqual(Object.keys(en).sort());
    for (const [key, text] of Object.entries(en)) {
      expect(names(de[key as keyof typeof en]), key).toEqual(names(text));
    }
  });

  it('never shout', () => {
    for (const text of [...Object.values(en), ...Object.values(de)]) expect(text).not.toContain('!');
  });
});
