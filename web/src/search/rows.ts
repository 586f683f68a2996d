// Which rows of videos the start page shows. Pure.

import type { SearchStart } from '../lib/types';

export type Row = SearchStart['rows'][number];

export const rowKey = ({ kind, tag }: Row): string => `${kind}/${tag ?? ''}`;

/** Where there are few videos several rows have the same: none that brings nothing new. */
export function shownRows(rows: Row[]): Row[] {
  const seen = new Set<string>();
  const keys = new Set<string>();
  return rows.filter((row) => {
    const brings = row.items.some(({ video }) => !seen.has(video.id)) && !keys.has(rowKey(row));
    if (brings) for (const { video } of row.items) seen.add(video.id);
    keys.add(rowKey(row));
    return brings;
  });
}
