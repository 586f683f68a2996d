// What the classifier took a video for, as it is drawn and said.

import { clock } from '../lib/format';
import type { Judgement } from '../lib/types';

/** A share beside its bar: what rounds to all or nothing and is neither is said not to be. */
export function percentOf(share: number): number {
  const percent = Math.round(share * 100);
  return share > 0 && share < 1 ? Math.min(99, Math.max(1, percent)) : percent;
}

/** It was to look and could not. */
export const couldNotLook = (judgement: Judgement): boolean => judgement.by === '';

/** Of the scene that decided. */
export const atOf = (judgement: Judgement): string => clock(judgement.at_ms / 1000);
