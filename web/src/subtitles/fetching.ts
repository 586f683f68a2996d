// The files of clips that are shown with subtitles; those of the last few are kept.

import { ApiError, clientHeaders } from '../lib/http';
import { Cues } from './webvtt';

const KEPT_MAX = 20;
const kept = new Map<string, Cues>();

export async function subtitleText(url: string, signal?: AbortSignal): Promise<string> {
  const options = { headers: clientHeaders(), credentials: 'same-origin', signal: signal ?? null } as const;
  const response = await fetch(url, options);
  if (!response.ok) throw new ApiError({ status: response.status, detail: '' });
  return response.text();
}

/** Nothing where the clip or its subtitles have gone. Throws when the server does not answer. */
export async function subtitlesAt(url: string, signal: AbortSignal): Promise<Cues | null> {
  const known = kept.get(url);
  if (known) return known;
  try {
    const cues = new Cues(await subtitleText(url, signal));
    kept.set(url, cues);
    for (const old of [...kept.keys()].slice(0, -KEPT_MAX)) kept.delete(old);
    return cues;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null;
    throw error;
  }
}
