// Which rows of videos the start page shows. Pure.

import type { SearchStart } from '../lib/types';

export type Row = SearchStart['rows'][number];

export const rowKey = ({ kind, tag }: Row): string => `${kind}/${tag ?? ''}`;

/** Where there are few videos several rows have the same: none that stands in another above it. */
export function shownRows(rows: Row[]): Row[] {
  const shown: Row[] = [];
  for (const row of rows) {
    const within = (other: Row) =>
      row.items.every(({ video }) => other.items.some((item) => item.video.id === video.id));
    const again = shown.some((other) => rowKey(other) === rowKey(row) || within(other));
    if (row.items.length > 0 && !again) shown.push(row);
  }
  return shown;
}
