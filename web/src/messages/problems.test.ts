import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { de } from './de.problems';

const SERVER = join(import.meta.dirname, '../../../src');
const REFUSAL = /bad_file\([\s\S]*?\);|namespace advice \{[\s\S]*?\n\}/g;
const TOKEN = /\/\/.*|'(?:[^'\\\n]|\\.)'|R"\(([\s\S]*?)\)"|"((?:[^"\\\n]|\\.)*)"|\S/g;

/** The texts of a C++ source, neighbours joined as the compiler does. */
function literals(source: string): string[] {
  const found: string[] = [];
  let joining = false;
  for (const [token, raw, plain] of source.matchAll(TOKEN)) {
    if (token.startsWith('//')) continue;
    const text = raw ?? plain?.replace(/\\(.)/g, '$1');
    if (text !== undefined) found.push(joining ? (found.pop() ?? '') + text : text);
    joining = text !== undefined;
  }
  return found;
}

/** What stands between the values of `texts`. */
const piecesOf = (texts: string[]) =>
  texts.flatMap((text) => text.split(/\{[^{}]*\}/)).filter((piece) => piece !== '');

/** The pieces of all that a source says, with and without the name of a field before. */
function said(source: string): Set<string> {
  const pieces = piecesOf(literals(source));
  return new Set([...pieces, ...pieces.map((piece) => piece.replace(/^[a-z_]+: /, ''))]);
}

const sources = readdirSync(SERVER, { recursive: true, encoding: 'utf8' })
  .filter((path) => /\.(cc|h)$/.test(path) && !path.endsWith('_test.cc'))
  .map((path) => readFileSync(join(SERVER, path), 'utf8'));

describe('translations of the server’s sentences', () => {
  it('know only sentences that it says', () => {
    const modules = sources.map(said);
    const unsaid = Object.keys(de).filter((sentence) => {
      const pieces = piecesOf([sentence]);
      return !modules.some((module) => pieces.every((piece) => module.has(piece)));
    });
    expect(unsaid).toEqual([]);
  });

  it('know every reason for which a video is refused', () => {
    const refusals = sources.flatMap((source) => source.match(REFUSAL) ?? []);
    const known = new Set(piecesOf(Object.keys(de)));
    const reasons = piecesOf(refusals.flatMap(literals));
    expect(reasons.length).toBeGreaterThan(30);
    expect(reasons.filter((piece) => !known.has(piece))).toEqual([]);
  });

  it('use no value that the sentence lacks, and never shout', () => {
    for (const [sentence, text] of Object.entries(de)) {
      const places = [...text.matchAll(/\{(\d+)\}/g)].map((match) => Number(match[1]));
      expect(Math.max(-1, ...places), sentence).toBeLessThan(sentence.split('{}').length - 1);
      expect(text).not.toContain('!');
    }
  });
});
