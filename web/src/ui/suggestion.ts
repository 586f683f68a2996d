import { i18n, t } from '../lib/i18n.svelte';
import type { Suggestion } from '../lib/types';

/** Of a hashtag how many videos carry it, of a person her name. */
export function detailOf({ kind, detail }: Suggestion): string {
  if (kind !== 'hashtag') return detail;
  const n = Number.parseInt(detail, 10);
  return t('videos_n', { n, count: i18n.compact(n) });
}
