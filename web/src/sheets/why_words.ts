import { i18n } from '../lib/i18n.svelte';
import { why as de } from '../messages/why.de';
import { why as en, type WhyMessages } from '../messages/why.en';

export const q = (key: keyof WhyMessages, values?: Record<string, string | number>): string =>
  i18n.of({ en, de }, key, values);
