import { i18n } from '../lib/i18n.svelte';
import { interests as de } from '../messages/interests.de';
import { interests as en, type InterestsMessages } from '../messages/interests.en';

export const s = (key: keyof InterestsMessages, values?: Record<string, string | number>): string =>
  i18n.of({ en, de }, key, values);
