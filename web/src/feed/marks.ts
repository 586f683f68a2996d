// What everybody is told of a clip, beside its words.

import { t } from '../lib/i18n.svelte';
import type { Video } from '../lib/types';

export const marksOf = ({ labels, sensitive, flashes, viewer }: Video): string[] => [
  ...labels.map((label) => t(`label_${label}`)),
  // Its owner is told more of that (note.ts).
  ...(sensitive && !viewer.own ? [t('sensitive')] : []),
  ...(flashes ? [t('flashes_warning')] : []),
];
