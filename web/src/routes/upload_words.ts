import { i18n } from '../lib/i18n.svelte';
import { upload as de } from '../messages/upload.de';
import { upload as en, type UploadMessages } from '../messages/upload.en';

export const w = (key: keyof UploadMessages, values?: Record<string, string | number>): string =>
  i18n.of({ en, de }, key, values);
