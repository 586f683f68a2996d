// What only its owner is told of a clip. Pure.

import type { Video } from '../lib/types';

type Told = Pick<Video, 'held' | 'sensitive' | 'draft' | 'state' | 'copy_of'> & {
  viewer: Pick<Video['viewer'], 'own'>;
};
export type Note = 'held' | 'limited' | 'copy' | 'part';

/**
 * `held`: nobody else sees it; `limited`: not in everybody's feed; `copy`: it is live, and another clip shows
 * the same; `part`: or a part of that.
 */
export function notesOf({ held, sensitive, draft, state, copy_of, viewer }: Told): Note[] {
  if (!viewer.own) return [];
  if (held) return ['held'];
  if (draft || state !== 'published') return [];
  return [
    ...(sensitive ? (['limited'] as const) : []),
    ...(copy_of ? ([copy_of.part ? 'part' : 'copy'] as const) : []),
  ];
}
