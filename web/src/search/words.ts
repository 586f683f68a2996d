import { serverNow } from '../lib/clock';
import { i18n } from '../lib/i18n.svelte';
import { search as de } from '../messages/search.de';
import { search as en, type SearchMessages } from '../messages/search.en';
import { since } from './since';

export const s = (key: keyof SearchMessages, values?: Record<string, string | number>): string =>
  i18n.of({ en, de }, key, values);

/** What stands before and behind `{q}`, which the page marks by itself. */
export function around(key: keyof SearchMessages): [string, string] {
  const [before = '', behind = ''] = s(key).split('{q}');
  return [before, behind];
}

export function sinceWords(sinceMs: number): string {
  const { key, values } = since(sinceMs, serverNow(), i18n.language);
  return s(key, values);
}
