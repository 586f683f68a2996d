// What the player measures about itself, for browser tests and for people who look:
// `window.__filoscope`.

export interface SwipeMetric {
  video_id: string;
  /** From the finger letting go to a frame of the clip on the screen. */
  ttff_ms: number;
  /** The same to the first frame that playing has brought, so to a moving picture. */
  moving_ms: number;
  /** The first frame was already decoded when the swipe began. */
  prerendered: boolean;
  at_ms: number;
}

export interface Metrics {
  swipes: SwipeMetric[];
  stalls: number;
  media_bytes: number;
  prefetched_bytes: number;
  wasted_prefetch_bytes: number;
  fallbacks: number;
  tail_replacements: number;
  stale_tails_dropped: number;
}

const SWIPES_MAX = 500;

export const metrics: Metrics = {
  swipes: [],
  stalls: 0,
  media_bytes: 0,
  prefetched_bytes: 0,
  wasted_prefetch_bytes: 0,
  fallbacks: 0,
  tail_replacements: 0,
  stale_tails_dropped: 0,
};

/** The list on the screen, as browser tests ask for it. */
export interface ShownList {
  index: number;
  waiting: boolean;
  entries: { video_id: string | null; request_id: string; repeat: boolean }[];
}

declare global {
  interface Window {
    __filoscope?: { metrics: Metrics; list?: () => ShownList };
  }
}

export function exposeMetrics(): void {
  window.__filoscope = { ...window.__filoscope, metrics };
}

export function exposeList(list: () => ShownList): void {
  window.__filoscope = { metrics, list };
}

export function noteSwipe(swipe: SwipeMetric): void {
  metrics.swipes.push(swipe);
  if (metrics.swipes.length > SWIPES_MAX) metrics.swipes.shift();
}
