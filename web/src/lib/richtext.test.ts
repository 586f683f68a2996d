import { describe, expect, it } from 'vitest';
import { pieces, typedToken } from './richtext';

const marks = (text: string) =>
  pieces(text)
    .filter((piece) => piece.kind !== 'text')
    .map((piece) => `${piece.kind}:${piece.value}`);

describe('pieces', () => {
  it('finds hashtags and mentions in any script', () => {
    expect(marks('Hi @ada.lo, see #Käse #北京 #one_2.')).toEqual([
      'mention:ada.lo',
      'hashtag:Käse',
      'hashtag:北京',
      'hashtag:one_2',
    ]);
  });

  it('leaves addresses and numbers of colours alone', () => {
    expect(marks('mail a@b.org or x#y')).toEqual([]);
  });

  it('loses nothing of the text', () => {
    for (const text of ['', 'plain', '#a#b @c. @... end', 'a @b.', '＃全角 ok']) {
      expect(pieces(text).map((piece) => piece.text).join('')).toBe(text);
    }
  });
});

describe('typedToken', () => {
  it('is the word at the caret', () => {
    expect(typedToken('see #fl', 7)).toEqual({ from: 4, token: '#fl' });
    expect(typedToken('see #fl ow', 10)).toBeNull();
    expect(typedToken('@', 1)).toEqual({ from: 0, token: '@' });
  });
});
