// What only its owner is told of a clip. Pure.

import type { Video } from '../lib/types';

type Told = Pick<Video, 'held' | 'draft' | 'state' | 'copy_of'> & { viewer: Pick<Video['viewer'], 'own'> };

/** `held`: nobody else sees it; `copy`: it is live, and another clip shows the same. */
export function noteOf({ held, draft, state, copy_of, viewer }: Told): 'held' | 'copy' | null {
  if (!viewer.own) return null;
  if (held) return 'held';
  return copy_of && !draft && state === 'published' ? 'copy' : null;
}
