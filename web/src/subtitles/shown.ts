import { i18n } from '../lib/i18n.svelte';
import type { Subtitles, Video } from '../lib/types';
import { likeliest, subtitleChoice } from './choice.svelte';

/** Which subtitles of a clip are shown: none while they are switched off. */
export function shownTrack(video: Video): Subtitles | null {
  if (!subtitleChoice.on) return null;
  return likeliest(video.subtitles, [subtitleChoice.language, i18n.language, video.language]);
}
