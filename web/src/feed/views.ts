// One view per clip on the screen: impression, watch and completion as events.

import { outbox, record } from '../lib/events';
import { settings } from '../lib/settings.svelte';
import { sound } from '../lib/sound.svelte';
import type { VideoItem, WatchEnd } from '../lib/types';
import { WatchAccumulator } from '../player/watch';

/** Seen this much of it, the clip counts as finished. */
const COMPLETE_SHARE = 0.95;

export class View {
  readonly uid: number;
  readonly item: VideoItem;
  #watch: WatchAccumulator;
  #impression = false;
  #complete = false;
  #sentMs = -1;

  constructor(uid: number, item: VideoItem) {
    this.uid = uid;
    this.item = item;
    this.#watch = new WatchAccumulator(item.video.duration_ms);
  }

  firstFrame(): void {
    if (this.#impression) return;
    this.#impression = true;
    settings.noteShown(this.item.video.id);
    record({ impression_token: this.item.impression_token, event: 'impression' });
    void outbox.flush();
  }

  tick(positionMs: number, rate: number): void {
    if (this.#impression) this.#watch.sample(positionMs, rate);
  }

  loop(): void {
    if (this.#impression) this.#watch.loop();
  }

  breakOff(): void {
    this.#watch.interrupt();
  }

  /** True exactly once: when the clip has been seen to its end. */
  justCompleted(): boolean {
    if (this.#complete || this.#watch.share < COMPLETE_SHARE) return false;
    this.#complete = true;
    record({ impression_token: this.item.impression_token, event: 'complete' });
    return true;
  }

  /** Puts the watch so far into the outbox. The server keeps the largest of several. */
  end(why: WatchEnd): boolean {
    this.#watch.interrupt();
    const result = this.#watch.result();
    if (!this.#impression || result.watch_ms === this.#sentMs) return false;
    this.#sentMs = result.watch_ms;
    record({
      impression_token: this.item.impression_token,
      event: 'watch',
      ...result,
      sound: !sound.muted,
      ended: why,
    });
    return true;
  }
}
