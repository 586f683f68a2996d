// What languages are called, in hers.

import { i18n } from '../lib/i18n.svelte';
import { capitalised } from '../lib/format';
import type { Subtitles } from '../lib/types';

/** Offered to who gives subtitles: the most spoken ones of the world and of the web. */
const OFFERED = (
  'ar bg bn ca cs da de el en es es-419 et fa fi fil fr gu he hi hr hu id it ja kn ko lt lv ml mr ms nb nl pa pl ' +
  'pt pt-BR ro ru sk sl sr sv sw ta te th tr uk ur vi zh-Hans zh-Hant'
).split(' ');

export function languageName(tag: string): string {
  try {
    return capitalised(new Intl.DisplayNames([i18n.language], { type: 'language' }).of(tag) ?? tag);
  } catch {
    return tag;
  }
}

export const trackName = (track: Pick<Subtitles, 'language' | 'label'>): string =>
  track.label || languageName(track.language);

/** By their names, without those that are there. */
export function offered(there: readonly string[]): { tag: string; name: string }[] {
  const order = new Intl.Collator(i18n.language);
  return OFFERED.filter((tag) => !there.includes(tag))
    .map((tag) => ({ tag, name: languageName(tag) }))
    .sort((one, other) => order.compare(one.name, other.name));
}
