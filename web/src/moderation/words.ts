// The sentences of moderation, which come with it and not with the app.

import { i18n } from '../lib/i18n.svelte';
import { moderation as de } from '../messages/moderation.de';
import { moderation as en, type ModerationMessages } from '../messages/moderation.en';

export const m = (key: keyof ModerationMessages, values?: Record<string, string | number>): string =>
  i18n.of({ en, de }, key, values);
