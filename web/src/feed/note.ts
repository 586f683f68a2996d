// What only its owner is told of a clip. Pure.

import type { Video } from '../lib/types';

type Told = Pick<Video, 'held' | 'draft' | 'state' | 'copy_of'> & { viewer: Pick<Video['viewer'], 'own'> };

/** `held`: nobody else sees it; `copy`: it is live, and another clip shows the same; `part`: or a part of that. */
export function noteOf({ held, draft, state, copy_of, viewer }: Told): 'held' | 'copy' | 'part' | null {
  if (!viewer.own) return null;
  if (held) return 'held';
  if (!copy_of || draft || state !== 'published') return null;
  return copy_of.part ? 'part' : 'copy';
}
