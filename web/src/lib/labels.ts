// What the engine's words for reactions, ways and acts are called.

import { en, type MessageKey } from '../messages/en';
import { t } from './i18n.svelte';

/** A newer server may know words that this app has none for. */
export function label(prefix: 'head' | 'route' | 'action', name: string): string {
  const key = `${prefix}_${name}`;
  return key in en ? t(key as MessageKey) : name.replaceAll('_', ' ');
}
