// What visual search says of itself. Pure.

import type { VisualView } from '../lib/types';

/** Of all videos so many were looked at, well or not. */
export function looked({ videos, failed, waiting }: Pick<VisualView, 'videos' | 'failed' | 'waiting'>): {
  done: number;
  all: number;
} {
  const done = videos + failed;
  return { done, all: done + waiting };
}

/** `network-2-d715a7881a3f` → `network`; null for what came after this version of the app. */
export function describerKind(name: string): 'builtin' | 'network' | null {
  const kind = name.split('-')[0];
  return kind === 'builtin' || kind === 'network' ? kind : null;
}
