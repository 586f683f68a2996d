import { describe, expect, it } from 'vitest';
import type { Suggestion } from '../lib/types';
import { addressOf, fitting, optionsFor } from './options';

const search = (text: string): Suggestion => ({ kind: 'search', text, detail: '' });
const hashtag = (text: string): Suggestion => ({ kind: 'hashtag', text, detail: '12' });
const person = (text: string, detail: string): Suggestion => ({ kind: 'person', text, detail });
const texts = (typed: string, found: Suggestion[]) =>
  optionsFor(typed, found).map(({ kind, text }) => `${kind} ${text}`);

describe('what is offered while she types', () => {
  it('begins with what is typed', () => {
    expect(
      texts(' phys', [search('physics lab'), hashtag('#physics'), person('@phyllis', 'Phyllis')]),
    ).toEqual(['typed phys', 'search physics lab', 'hashtag physics', 'person phyllis']);
    expect(texts('phys', [])).toEqual(['typed phys']);
  });

  it('has everything once, however it is written', () => {
    expect(texts('Cats', [search('cats '), search('cats and dogs'), search('CATS  and dogs')])).toEqual([
      'typed Cats',
      'search CATS  and dogs',
    ]);
    expect(texts('a', [hashtag('#a'), hashtag('a'), search('a')])).toEqual(['typed a', 'hashtag a']);
  });

  it('keeps of an earlier answer what still fits', () => {
    const found = [search('physics lab'), hashtag('#phones'), person('ada', 'Ada Physicist')];
    expect(fitting('PHYS', found)).toEqual([found[0], found[2]]);
    expect(fitting('#phon', found)).toEqual([found[1]]);
    expect(fitting('zebra', found)).toEqual([]);
  });

  it('leads to a hashtag, a person, or searches in the same tab', () => {
    expect(addressOf({ kind: 'hashtag', text: 'a/b', detail: '' }, 'all')).toBe('/tag/a%2Fb');
    expect(addressOf({ kind: 'person', text: 'ada', detail: '' }, 'all')).toBe('/@ada');
    expect(addressOf({ kind: 'search', text: 'a b', detail: '' }, 'people')).toBe(
      '/search?q=a+b&kind=people',
    );
    expect(addressOf({ kind: 'typed', text: 'a', detail: '' }, 'all')).toBe('/search?q=a');
  });
});
