import { describe, expect, it } from 'vitest';
import { since } from './since';

// Where clocks change.
process.env['TZ'] = 'Europe/Berlin';

/** A Wednesday. */
const now = new Date(2026, 3, 15, 15, 20).getTime();
const at = (day: number, hour: number) => new Date(2026, 3, day, hour).getTime();
const said = (sinceMs: number, language = 'en') => since(sinceMs, now, language);

describe('since when something rises', () => {
  it('is an hour of today', () => {
    expect(said(at(15, 14))).toEqual({ key: 'since', values: { time: '14:00', day: '' } });
    expect(said(at(15, 0)).values.time).toBe('00:00');
  });

  it('is yesterday from midnight on, however few hours ago', () => {
    const early = new Date(2026, 3, 15, 0, 5).getTime();
    expect(since(at(14, 23), early, 'en')).toEqual({
      key: 'since_yesterday',
      values: { time: '23:00', day: '' },
    });
    expect(said(at(14, 0)).key).toBe('since_yesterday');
  });

  it('is a day of the week within a week, then a date', () => {
    expect(said(at(13, 22)).values).toEqual({ time: '22:00', day: 'Monday' });
    expect(said(at(13, 22), 'de').values.day).toBe('Montag');
    expect(said(at(9, 22)).key).toBe('since_weekday');
    expect(said(at(8, 22))).toEqual({ key: 'since_date', values: { time: '22:00', day: 'April 8' } });
    expect(said(at(8, 22), 'de').values.day).toBe('8. April');
  });

  it('counts a day whose clocks changed as one', () => {
    for (const [month, day] of [
      [2, 29],
      [9, 25],
    ] as const) {
      const next = new Date(2026, month, day + 1, 0, 30).getTime();
      expect(since(new Date(2026, month, day, 0, 30).getTime(), next, 'en').key).toBe('since_yesterday');
    }
  });

  it('is an hour of today where the clocks differ a little', () => {
    expect(since(now + 60_000, now, 'en').key).toBe('since');
  });
});
