// Subtitles that come with an upload: given as soon as the video has an id.

import { api } from '../lib/api';
import { ApiError } from '../lib/http';
import { toasts } from '../lib/toast.svelte';
import { languageName } from './language';
import { s } from './words';

export interface GivenSubtitles {
  language: string;
  file: File;
  count: number;
}

const TRIES_MAX = 8;
const RETRY_MS = 1000;

/** A network that is away, or a server that is busy, is waited for. */
const passes = (error: unknown) =>
  error instanceof ApiError && (error.offline || error.status === 429 || error.status >= 500);

async function give(video: string, language: string, file: File): Promise<void> {
  for (let tried = 1; ; tried++) {
    try {
      await api.setSubtitles(video, language, file);
      return;
    } catch (error) {
      if (!passes(error) || tried === TRIES_MAX) throw error;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS * 2 ** tried));
    }
  }
}

export async function giveAll(video: string, given: readonly GivenSubtitles[]): Promise<void> {
  for (const { language, file } of given) {
    try {
      await give(video, language, file);
    } catch (error) {
      const problem = (error as Error).message;
      toasts.show(s('not_given', { name: languageName(language), problem }));
    }
  }
}
