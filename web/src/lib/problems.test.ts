import { describe, expect, it } from 'vitest';
import { translator } from './problems';

const translated = translator({
  'the file is empty': 'die Datei ist leer',
  'choose a video': 'wähle ein Video',
  'the file has {}; the largest allowed is {}': 'die Datei hat {0}; erlaubt sind {1}',
  'the file has {} MB; the largest allowed is {} MB': 'die Datei hat {0} MB; erlaubt: {1} MB',
  'it came {} times in {} days': 'in {1} Tagen kam es {0} Mal',
  'is this ({}) a [file] of $5.00+? no*': 'ist das ({0}) eine Datei',
  '{} videos wait': '{0} Videos warten',
});

describe('translator', () => {
  it('finds a sentence without values', () => {
    expect(translated('the file is empty')).toBe('die Datei ist leer');
  });

  it('puts the values where the translation wants them', () => {
    expect(translated('it came 3 times in 12 days')).toBe('in 12 Tagen kam es 3 Mal');
    expect(translated('40 videos wait')).toBe('40 Videos warten');
  });

  it('prefers the template that fixes more', () => {
    expect(translated('the file has 9 MB; the largest allowed is 5 MB')).toBe(
      'die Datei hat 9 MB; erlaubt: 5 MB',
    );
    expect(translated('the file has 9.1 MiB; the largest allowed is 5.0 MiB')).toBe(
      'die Datei hat 9.1 MiB; erlaubt sind 5.0 MiB',
    );
  });

  it('translates a cause and an advice each by itself', () => {
    expect(translated('the file is empty; choose a video')).toBe(
      'die Datei ist leer; wähle ein Video',
    );
    expect(translated('the file has 9 MB; the largest allowed is 5 MB; choose a video')).toBe(
      'die Datei hat 9 MB; erlaubt: 5 MB; wähle ein Video',
    );
  });

  it('takes every character of a template for itself', () => {
    expect(translated('is this (MOV) a [file] of $5.00+? no*')).toBe('ist das (MOV) eine Datei');
    expect(translated('is this (MOV) a f of $5x00+? no*')).toBe('is this (MOV) a f of $5x00+? no*');
  });

  it('puts values in as they are', () => {
    expect(translated('$& videos wait')).toBe('$& Videos warten');
    expect(translated('{1} videos wait')).toBe('{1} Videos warten');
  });

  it('leaves what it does not know, and all of it', () => {
    const unknown = ['', 'constructor', 'another sentence', 'the file is empty; go home'];
    for (const sentence of [...unknown, 'who knows; choose a video', 'so the file is empty']) {
      expect(translated(sentence)).toBe(sentence);
    }
    expect(translator({})('the file is empty')).toBe('the file is empty');
  });
});
