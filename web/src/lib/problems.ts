// The server speaks English; its sentences are the keys of their translations.

/** By the server's sentence, with `{}` for any value: the translation, with `{0}` for the first. */
export type Problems = Record<string, string>;

const escaped = (text: string) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
const fixedLength = (key: string) => key.replaceAll('{}', '').length;

/** Gives a sentence as `table` translates it, or as it came when the table lacks it. */
export function translator(table: Problems): (sentence: string) => string {
  const literals = new Map(Object.entries(table));
  const templates = [...literals]
    .filter(([key]) => key.includes('{}'))
    .sort(([a], [b]) => fixedLength(b) - fixedLength(a))
    .map(([key, text]) => {
      // A value holds no semicolon, or it could swallow the advice behind a cause.
      const pattern = key.split('{}').map(escaped).join('([^;]+)');
      return { pattern: new RegExp(`^${pattern}$`), text };
    });

  const whole = (sentence: string): string | undefined => {
    const literal = literals.get(sentence);
    if (literal !== undefined) return literal;
    for (const { pattern, text } of templates) {
      const values = pattern.exec(sentence)?.slice(1);
      if (values) return text.replace(/\{(\d+)\}/g, (mark, place) => values[Number(place)] ?? mark);
    }
    return undefined;
  };

  return (sentence) => {
    const found = whole(sentence);
    if (found !== undefined) return found;
    const at = sentence.lastIndexOf('; ');
    const cause = at < 0 ? undefined : whole(sentence.slice(0, at));
    const advice = cause === undefined ? undefined : whole(sentence.slice(at + 2));
    return advice === undefined ? sentence : `${cause}; ${advice}`;
  };
}
