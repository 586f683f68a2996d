import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { render } from 'svelte/server';
import { describe, expect, it } from 'vitest';
import RichText from '../ui/RichText.svelte';
import { pieces, typedToken } from './richtext';
import { href } from './routes';
import type { TextSpan } from './types';

/** The shared table: captions with ⟦…⟧ around what the server marks. */
const TABLE = join(import.meta.dirname, '../../../tests/data/captions.txt');

interface Marked {
  text: string;
  spans: TextSpan[];
}

function unmark(line: string): Marked {
  const plain = line
    .replaceAll('\\n', '\n')
    .replace(/\\u\{([0-9A-F]+)\}/g, (_, code: string) => String.fromCodePoint(parseInt(code, 16)));
  const spans: TextSpan[] = [];
  let text = '';
  for (const part of plain.split(/(⟦[^⟧]*⟧)/)) {
    if (!part.startsWith('⟦')) {
      text += part;
      continue;
    }
    const marked = part.slice(1, -1);
    spans.push({
      kind: /^[@＠]/.test(marked) ? 'mention' : 'hashtag',
      begin_utf16: text.length,
      end_utf16: text.length + marked.length,
      value: marked.slice(1),
    });
    text += marked;
  }
  return { text, spans };
}

const captions = readFileSync(TABLE, 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('// '))
  .map(unmark);

describe('captions of the shared table', () => {
  it('are 200 and more', () => expect(captions.length).toBeGreaterThanOrEqual(200));

  it('are shown with exactly the links that the server found', () => {
    for (const { text, spans } of captions) {
      const { body } = render(RichText, { props: { text, spans } });
      const links = [...body.matchAll(/<a[^>]*? href="([^"]*)"[^>]*>([^<]*)<\/a\s*>/g)];
      const shown = (html: string) =>
        html
          .replaceAll('&lt;', '<')
          .replaceAll('&gt;', '>')
          .replaceAll('&quot;', '"')
          .replaceAll('&amp;', '&');
      expect(
        links.map((link) => [shown(link[1] ?? ''), shown(link[2] ?? '')]),
        text,
      ).toEqual(
        spans.map((span) => [
          span.kind === 'hashtag' ? href.tag(span.value) : href.profile(span.value),
          text.slice(span.begin_utf16, span.end_utf16),
        ]),
      );
    }
  });

  it('lose nothing of their text', () => {
    for (const { text, spans } of captions)
      expect(
        pieces(text, spans)
          .map((piece) => piece.text)
          .join(''),
      ).toBe(text);
  });
});

describe('pieces', () => {
  it('decide nothing themselves', () => {
    expect(pieces('#a @b', [])).toEqual([{ text: '#a @b', kind: 'text', value: '' }]);
  });

  it('leave out spans that the text does not have', () => {
    const span = (begin_utf16: number, end_utf16: number): TextSpan => ({
      kind: 'hashtag',
      begin_utf16,
      end_utf16,
      value: '',
    });
    const found = pieces('#a #b', [span(0, 2), span(1, 3), span(3, 9)]);
    expect(found.map((piece) => piece.text)).toEqual(['#a', ' #b']);
  });
});

describe('typedToken', () => {
  it('is the word at the caret', () => {
    expect(typedToken('see #fl', 7)).toEqual({ from: 4, token: '#fl' });
    expect(typedToken('see #fl ow', 10)).toBeNull();
    expect(typedToken('@', 1)).toEqual({ from: 0, token: '@' });
    expect(typedToken('ir ＃col·l', 9)).toEqual({ from: 3, token: '＃col·l' });
  });
});
