import { describe, expect, it } from 'vitest';
import { de } from './de';
import { en } from './en';
import { how as howDe } from './how.de';
import { how as howEn } from './how.en';
import { looking as lookingDe } from './looking.de';
import { looking as lookingEn } from './looking.en';
import { moderation as moderationDe } from './moderation.de';
import { moderation as moderationEn } from './moderation.en';
import { operator as operatorDe } from './operator.de';
import { operator as operatorEn } from './operator.en';
import { search as searchDe } from './search.de';
import { search as searchEn } from './search.en';
import { subtitles as subtitlesDe } from './subtitles.de';
import { subtitles as subtitlesEn } from './subtitles.en';
import { wishes as wishesDe } from './wishes.de';
import { wishes as wishesEn } from './wishes.en';

const names = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort();

describe.each<[string, Record<string, string>, Record<string, string>]>([
  ['of the app', en, de],
  ['of “How this feed works”', howEn, howDe],
  ['of the operator’s page', operatorEn, operatorDe],
  ['of moderation', moderationEn, moderationDe],
  ['of what she asks for', wishesEn, wishesDe],
  ['of searching by a picture', lookingEn, lookingDe],
  ['of searching', searchEn, searchDe],
  ['of giving subtitles', subtitlesEn, subtitlesDe],
])('messages %s', (_, english, german) => {
  it('say the same with the same values in every language', () => {
    expect(Object.keys(german).sort()).toEqual(Object.keys(english).sort());
    for (const [key, text] of Object.entries(english)) {
      expect(names(german[key] ?? ''), key).toEqual(names(text));
    }
  });

  it('never shout', () => {
    for (const text of [...Object.values(english), ...Object.values(german)]) expect(text).not.toContain('!');
  });
});
