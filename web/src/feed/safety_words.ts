import { i18n } from '../lib/i18n.svelte';
import { safety as de } from '../messages/safety.de';
import { safety as en, type SafetyMessages } from '../messages/safety.en';

/** Loaded with what says it. */
export const w = (key: keyof SafetyMessages): string => i18n.of({ en, de }, key);
