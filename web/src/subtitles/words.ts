import { i18n } from '../lib/i18n.svelte';
import { subtitles as de } from '../messages/subtitles.de';
import { subtitles as en, type SubtitleMessages } from '../messages/subtitles.en';

export const s = (key: keyof SubtitleMessages, values?: Record<string, string | number>): string =>
  i18n.of({ en, de }, key, values);
