// Subtitles that come with an upload: given as soon as the video has an id.

import { api } from '../lib/api';
import { toasts } from '../lib/toast.svelte';
import { languageName } from './language';
import { s } from './words';

export interface GivenSubtitles {
  language: string;
  file: File;
  count: number;
}

export async function giveAll(video: string, given: readonly GivenSubtitles[]): Promise<void> {
  for (const { language, file } of given) {
    try {
      await api.setSubtitles(video, language, file);
    } catch (error) {
      const problem = (error as Error).message;
      toasts.show(s('not_given', { name: languageName(language), problem }));
    }
  }
}
