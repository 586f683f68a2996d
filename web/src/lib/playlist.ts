// The list a clip was opened from, so that swiping on the video page goes on in it.

import type { Page } from '../feed/feed.svelte';
import type { VideoItem } from './types';

export interface Playlist {
  items: VideoItem[];
  cursor: string | null;
  load: (cursor: string | null, signal?: AbortSignal) => Promise<Page>;
}

let kept: Playlist | null = null;

export function setPlaylist(list: Playlist): void {
  kept = list;
}

/** The kept list when `id` is in it. */
export function playlistWith(id: string): { list: Playlist; index: number } | null {
  const playable = kept?.items.filter((item) => item.video.playback !== null) ?? [];
  const index = playable.findIndex((item) => item.video.id === id);
  return kept && index >= 0 ? { list: { ...kept, items: playable }, index } : null;
}
