// From what a video shows now to what looks like it.

import { stage } from '../feed/actions';
import { appHistory } from '../lib/history';
import { router } from '../lib/router.svelte';
import { href } from '../lib/routes';
import type { VideoItem } from '../lib/types';
import { searchFor, type Given, type Moment } from './given';

/** Where neither frame nor cover is to be had: the server has the picture all the same. */
const BLANK = new ImageData(9, 16);

/** The video stops with its page; the way back leads to where in it she was. */
export async function findSimilar(item: VideoItem): Promise<void> {
  const { page } = appHistory.entry;
  const given = await shownNow(item);
  // She has gone on meanwhile.
  if (appHistory.entry.page !== page) return;
  const { route } = router;
  const { video_id: id, at_ms } = given.moment;
  if (route.name === 'video' && route.id === id) router.go(href.moment(id, at_ms), { replace: true });
  searchFor(given);
}

async function shownNow(item: VideoItem): Promise<Given & { moment: Moment }> {
  const { id, playback, duration_ms } = item.video;
  const element = stage.player?.shows(id) ?? null;
  const at_ms = Math.max(0, Math.min(Math.floor((element?.currentTime ?? 0) * 1000), duration_ms - 1));
  const moment = { video_id: id, at_ms };
  const frame = element && element.readyState >= 2 ? await bitmapOf(element) : null;
  if (frame) return { from: frame, moment };
  const cover = playback?.cover ? await coverOf(playback.cover) : null;
  return { from: cover ?? (await createImageBitmap(BLANK)), moment, standsIn: true };
}

const bitmapOf = (from: HTMLVideoElement | HTMLImageElement): Promise<ImageBitmap | null> =>
  createImageBitmap(from).catch(() => null);

async function coverOf(url: string): Promise<ImageBitmap | null> {
  const image = new Image();
  image.src = url;
  const loaded = await image.decode().then(
    () => true,
    () => false,
  );
  return loaded ? bitmapOf(image) : null;
}
