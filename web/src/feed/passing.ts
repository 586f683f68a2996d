// Passing over clips that flash, for who has chosen that. Pure.

import type { VideoItem } from '../lib/types';

/** The server is told of so many that it need not give again. */
const PASSED_MAX = 24;

export const flashes = ({ video }: VideoItem): boolean => video.flashes && !video.viewer.own;

/** An answer of the feed without them, and their ids. */
export function passOver(items: readonly VideoItem[]): { items: VideoItem[]; passed: string[] } {
  return {
    items: items.filter((item) => !flashes(item)),
    passed: items.filter(flashes).map(({ video }) => video.id),
  };
}

/** The newest of what was passed over. */
export const newest = (passed: readonly string[], more: readonly string[]): string[] =>
  [...new Set([...passed, ...more])].slice(-PASSED_MAX);
