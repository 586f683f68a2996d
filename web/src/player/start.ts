// Where a video begins that is to be seen from a moment on: as the address says of the one that it
// names ("?t="), once, or as a list of moments found says of each. It goes round from its beginning
// as always.

import type { Video, VideoItem } from '../lib/types';

interface Starting {
  video: Pick<Video, 'id' | 'duration_ms'>;
  match?: Pick<NonNullable<VideoItem['match']>, 'at_ms'> | undefined;
}

let wanted: { id: string; atS: number } | null = null;

/** Said as the page opens; another page's wish ends with it. */
export function beginAt(id: string, atS: number | undefined): void {
  wanted = atS === undefined ? null : { id, atS };
}

/** In seconds; its beginning where the video is not so long. */
const within = ({ video }: Starting, atS: number): number => (atS * 1000 < video.duration_ms ? atS : 0);

/** As its list says. */
export const listedStart = (entry: Starting): number => within(entry, (entry.match?.at_ms ?? 0) / 1000);

/** As the address says, or else its list. */
export function takeStart(entry: Starting): number {
  if (wanted?.id !== entry.video.id) return listedStart(entry);
  const { atS } = wanted;
  wanted = null;
  return within(entry, atS);
}
