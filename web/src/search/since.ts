// Since when something rises, as people say it: by the hour, "yesterday", a day of the week. Pure.

const startOfDay = (ms: number): number => new Date(ms).setHours(0, 0, 0, 0);

/** By her own midnights; a day of changed clocks is one day all the same. */
const daysBetween = (fromMs: number, toMs: number): number =>
  Math.round((startOfDay(toMs) - startOfDay(fromMs)) / 864e5);

export interface Since {
  key: 'since' | 'since_yesterday' | 'since_weekday' | 'since_date';
  values: { time: string; day: string };
}

/** The sentence of search.*.ts and what stands in it. */
export function since(sinceMs: number, nowMs: number, language: string): Since {
  const say = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(language, options).format(sinceMs);
  const time = say({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  const days = daysBetween(sinceMs, nowMs);
  if (days <= 0) return { key: 'since', values: { time, day: '' } };
  if (days === 1) return { key: 'since_yesterday', values: { time, day: '' } };
  if (days < 7) return { key: 'since_weekday', values: { time, day: say({ weekday: 'long' }) } };
  return { key: 'since_date', values: { time, day: say({ day: 'numeric', month: 'long' }) } };
}
