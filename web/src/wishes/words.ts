import { i18n } from '../lib/i18n.svelte';
import { wishes as de } from '../messages/wishes.de';
import { wishes as en, type WishMessages } from '../messages/wishes.en';
import type { Wish, WishKind } from '../lib/types';

export const w = (key: keyof WishMessages, values?: Record<string, string | number>): string =>
  i18n.of({ en, de }, key, values);

/** The level of a wish, -2..2. */
export function levelWord(kind: WishKind, level: number): string {
  if (level === 0) return w('usual');
  const step = `${level < 0 ? 'minus' : 'plus'}_${level === 2 || level === -2 ? 2 : 1}` as const;
  return w(kind === 'length' ? `length_${step}` : step);
}

export function nameOf({ kind, value = '' }: Omit<Wish, 'level'>): string {
  return (kind === 'author' ? '@' : '#') + value;
}
