// The sentences of the operator's page, which come with it and not with the app.

import { i18n } from '../lib/i18n.svelte';
import { operator as de } from '../messages/operator.de';
import { operator as en, type OperatorMessages } from '../messages/operator.en';

export const s = (key: keyof OperatorMessages, values?: Record<string, string | number>): string =>
  i18n.of({ en, de }, key, values);

/** What a part of the engine's memory is called. */
export function partName(part: string): string {
  const key = `part_${part}`;
  return key in en ? s(key as keyof OperatorMessages) : part.replaceAll('_', ' ');
}
