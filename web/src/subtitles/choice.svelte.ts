// Whether subtitles are shown and in which language, for every clip on this device.

import { readJson, writeJson } from '../lib/storage';
import type { Subtitles } from '../lib/types';

const KEY = 'fs.subtitles';
const primary = (tag: string): string => tag.split('-')[0] ?? '';

/** The first of the wished languages that there is; else the same in another spelling or country; else any. */
export function likeliest(tracks: readonly Subtitles[], wished: readonly string[]): Subtitles | null {
  for (const same of [(tag: string) => tag, primary]) {
    for (const tag of wished) {
      const found = tracks.find((track) => tag && same(track.language) === same(tag));
      if (found) return found;
    }
  }
  return tracks[0] ?? null;
}

class SubtitleChoice {
  on = $state(false);
  /** As she chose it; '' as long as she has not. */
  language = $state('');

  constructor() {
    const kept = readJson<{ on?: unknown; language?: unknown } | null>(KEY, {});
    this.on = kept?.on === true;
    this.language = typeof kept?.language === 'string' ? kept.language : '';
  }

  set(on: boolean, language = this.language): void {
    this.on = on;
    this.language = language;
    writeJson(KEY, { on, language });
  }

  toggle(): void {
    this.set(!this.on);
  }
}

export const subtitleChoice = new SubtitleChoice();
