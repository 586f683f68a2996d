// Captions, comments and bios cut into pieces at the hashtags and mentions that the server found.

import type { TextSpan } from './types';

export interface Piece {
  text: string;
  kind: 'text' | TextSpan['kind'];
  /** Without the sign. */
  value: string;
}

export function pieces(text: string, spans: TextSpan[]): Piece[] {
  const result: Piece[] = [];
  let at = 0;
  const plain = (end: number) => {
    if (end > at) result.push({ text: text.slice(at, end), kind: 'text', value: '' });
    at = Math.max(at, end);
  };
  for (const { kind, begin_utf16: begin, end_utf16: end } of spans) {
    if (begin < at || end <= begin || end > text.length) continue;
    plain(begin);
    const piece = text.slice(begin, end);
    result.push({ text: piece, kind, value: piece.slice(1) });
    at = end;
  }
  plain(text.length);
  return result;
}

/** What may become a `#…` or `@…` in front of the caret: good enough to suggest, not to decide. */
export function typedToken(text: string, caret: number): { from: number; token: string } | null {
  const match = /(?:^|\s)([#＃@＠][^\s#＃@＠]*)$/u.exec(text.slice(0, caret));
  const token = match?.[1];
  return token === undefined ? null : { from: caret - token.length, token };
}
