import { i18n } from '../lib/i18n.svelte';
import { looking as de } from '../messages/looking.de';
import { looking as en, type LookingMessages } from '../messages/looking.en';

export const l = (key: keyof LookingMessages, values?: Record<string, string | number>): string =>
  i18n.of({ en, de }, key, values);
