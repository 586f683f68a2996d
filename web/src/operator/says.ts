// How the page writes numbers.

import { i18n } from '../lib/i18n.svelte';

const DAY_MS = 86_400_000;

/** Days from two on, else as durations are said. */
export const ageText = (ms: number): string =>
  ms < 2 * DAY_MS
    ? i18n.duration(ms)
    : new Intl.NumberFormat(i18n.language, {
        style: 'unit',
        unit: 'day',
        unitDisplay: 'long',
        maximumFractionDigits: 1,
      }).format(ms / DAY_MS);

/** A share; small ones with more digits. */
export const shareText = (value: number): string => i18n.percent(value, value < 0.1 ? 2 : 1);

/** Counts a minute. */
export const rateText = (value: number): string => i18n.number(Math.round(value * 10) / 10);

export const lossText = (value: number): string => i18n.number(value, 3);

/** Seconds since 1970, as plots have them. */
export const seconds = (ms: number[]): number[] => ms.map((one) => one / 1000);
