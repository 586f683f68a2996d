// Captions and comments: which pieces are hashtags and mentions.

export interface Piece {
  text: string;
  kind: 'text' | 'hashtag' | 'mention';
  /** Without the sign. */
  value: string;
}

const PATTERN = /(?<![\p{L}\p{N}_])([#＃])([\p{L}\p{N}\p{M}_]{1,64})|(?<![\p{L}\p{N}_.])@([a-zA-Z0-9_.]{1,30})/gu;

export function pieces(text: string): Piece[] {
  const result: Piece[] = [];
  let at = 0;
  for (const match of text.matchAll(PATTERN)) {
    const index = match.index;
    if (index > at) result.push({ text: text.slice(at, index), kind: 'text', value: '' });
    const tag = match[2];
    // "@ada." at the end of a sentence means ada.
    const handle = match[3]?.replace(/\.+$/, '');
    const length = tag === undefined ? 1 + (handle?.length ?? 0) : match[0].length;
    if (tag !== undefined) result.push({ text: match[0], kind: 'hashtag', value: tag });
    else if (handle) result.push({ text: `@${handle}`, kind: 'mention', value: handle });
    else result.push({ text: match[0].slice(0, length), kind: 'text', value: '' });
    at = index + length;
  }
  if (at < text.length) result.push({ text: text.slice(at), kind: 'text', value: '' });
  return result;
}

/** The `#…` or `@…` being typed in front of the caret, for suggestions. */
export function typedToken(text: string, caret: number): { from: number; token: string } | null {
  const match = /(?:^|\s)([#@][\p{L}\p{N}\p{M}_.]*)$/u.exec(text.slice(0, caret));
  const token = match?.[1];
  return token === undefined ? null : { from: caret - token.length, token };
}
