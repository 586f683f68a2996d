// What is offered while she types. Pure.

import { href } from '../lib/routes';
import type { Suggestion } from '../lib/types';

/** `typed` searches for what stands in the box. */
export interface Option {
  kind: 'typed' | Suggestion['kind'];
  text: string;
  detail: string;
}

const OPTIONS_MAX = 9;

/** Two that read the same are the same. */
const folded = (text: string): string => text.trim().replace(/\s+/g, ' ').toLocaleLowerCase();
const bare = (text: string): string => text.replace(/^[#@]/, '');

export const keyOf = ({ kind, text }: Option): string => `${kind}/${folded(text)}`;

/** What is typed, then what was found for it, each once. */
export function optionsFor(typed: string, found: Suggestion[]): Option[] {
  const first: Option = { kind: 'typed', text: typed.trim(), detail: '' };
  const rest = found
    .map((one) => (one.kind === 'search' ? one : { ...one, text: bare(one.text) }))
    .filter((one) => one.kind !== 'search' || folded(one.text) !== folded(typed));
  const options = [first, ...rest];
  return [...new Map(options.map((one) => [keyOf(one), one])).values()].slice(0, OPTIONS_MAX);
}

/** Of what was found for an earlier text, what still fits. */
export function fitting(typed: string, found: Suggestion[]): Suggestion[] {
  const wanted = bare(folded(typed));
  return found.filter(({ text, detail, kind }) =>
    folded(kind === 'person' ? `${text} ${detail}` : text).includes(wanted),
  );
}

export function addressOf({ kind, text }: Option, searchKind: string): string {
  if (kind === 'hashtag') return href.tag(text);
  if (kind === 'person') return href.profile(text);
  return href.search(text, searchKind);
}
