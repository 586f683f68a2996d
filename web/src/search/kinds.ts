import type { SearchKind } from '../lib/api';

/** The tabs; the first is where a search begins. */
export const KINDS = ['all', 'videos', 'people', 'hashtags', 'sounds'] as const;

export const kindOf = (text: string): SearchKind => KINDS.find((one) => one === text) ?? KINDS[0];
