import { describe, expect, it } from 'vitest';
import { sentence, type Reasoned, type Says } from './problems';

const table = {
  file_empty: 'die Datei ist leer',
  file_too_large: 'die Datei hat {size:bytes}; erlaubt sind {most:bytes}',
  too_long: 'sie dauert {length:ms}',
  came_often: 'in {days} Tagen kam es {count} Mal',
  named: 'das ist {name}',
};
const says: Says = {
  plain: String,
  bytes: (value, exact) => (exact ? `${value} Bytes` : `${Math.round(value / 1e6)} MB`),
  ms: (value) => `${value / 1000} s`,
};
const said = (problem: Partial<Reasoned>) => sentence(table, { detail: 'English', ...problem }, says);

describe('sentence', () => {
  it('is found by its reason', () => {
    expect(said({ reason: 'file_empty' })).toBe('die Datei ist leer');
  });

  it('puts the values where the language wants them', () => {
    expect(said({ reason: 'came_often', arguments: { count: 3, days: 12 } })).toBe(
      'in 12 Tagen kam es 3 Mal',
    );
  });

  it('says sizes and durations by their kind', () => {
    const sizes = { size: 9e6, most: 5e6 };
    expect(said({ reason: 'file_too_large', arguments: sizes })).toBe(
      'die Datei hat 9 MB; erlaubt sind 5 MB',
    );
    expect(said({ reason: 'too_long', arguments: { length: 1500 } })).toBe('sie dauert 1.5 s');
  });

  it('says two sizes exactly when they would read the same', () => {
    const sizes = { size: 5_000_001, most: 5_000_000 };
    expect(said({ reason: 'file_too_large', arguments: sizes })).toBe(
      'die Datei hat 5000001 Bytes; erlaubt sind 5000000 Bytes',
    );
  });

  it('puts values in as they are', () => {
    expect(said({ reason: 'named', arguments: { name: '$& {count}' } })).toBe('das ist $& {count}');
  });

  it('leaves the English of what it does not know', () => {
    for (const reason of [undefined, '', 'constructor', 'another']) expect(said({ reason })).toBe('English');
    expect(said({ reason: 'named' })).toBe('das ist {name}');
  });
});
