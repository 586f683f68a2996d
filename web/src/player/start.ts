// Where the video that an address names begins, when the address says so ("?t="). Once: it goes
// round from its beginning as always, and so it comes up again later.

import type { Video } from '../lib/types';

let wanted: { id: string; atS: number } | null = null;

/** Said as the page opens; another page's wish ends with it. */
export function beginAt(id: string, atS: number | undefined): void {
  wanted = atS === undefined ? null : { id, atS };
}

/** In seconds; 0 for any other video, and where this one is not so long. */
export function takeStart(video: Pick<Video, 'id' | 'duration_ms'>): number {
  if (wanted?.id !== video.id) return 0;
  const { atS } = wanted;
  wanted = null;
  return atS * 1000 < video.duration_ms ? atS : 0;
}
