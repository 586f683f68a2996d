// Three pooled elements (previous, current, next) and the clips fetched ahead of them.

import { net } from '../lib/net.svelte';
import { settings } from '../lib/settings.svelte';
import { sound } from '../lib/sound.svelte';
import type { Rendition, Video, VideoItem } from '../lib/types';
import { finerRung, pickRung, startRungs, Throughput, type RungWish } from './bandwidth';
import { ClipData, mimeOf } from './clip_data';
import { metrics, noteSwipe } from './metrics';
import { canUseMse, Slot } from './slot';
import { listedStart, takeStart } from './start';

/** Of an item's fields those that matter here. */
export interface PlayerEntry extends Pick<VideoItem, 'video' | 'match'> {
  uid: number;
}

export interface PlayerEvents {
  /** A frame of the current clip is on the screen, the page is visible and it plays. */
  onFirstFrame: (uid: number) => void;
  onTick: (uid: number, positionMs: number, rate: number) => void;
  onLoop: (uid: number) => void;
  /** Playing stopped or jumped, so positions do not connect. */
  onBreak: (uid: number) => void;
  /** The media address is refused: expired, or the clip may no longer be shown. */
  onGone: (uid: number) => void;
}

interface Fetched {
  data: ClipData | null;
  abort: AbortController;
}

/** The next clip and those behind it are fetched once the current one has this much. */
const AHEAD_BEFORE_PREFETCH_S = 5;
const PREFETCH_CLIPS = 3;
const PREFETCH_EVERY_MS = 400;
const SPINNER_AFTER_MS = 500;

const throughput = Throughput.remembered();

export class Player {
  playing = $state(false);
  /** play() was refused even without sound: cover and play button. */
  blocked = $state(false);
  stalled = $state(false);
  pausedByUser = $state(false);
  /** uid → what its stage shows. */
  ready = $state.raw<ReadonlySet<number>>(new Set());
  failed = $state.raw<ReadonlyMap<number, 'gone' | 'network'>>(new Map());

  #events: PlayerEvents;
  #slots: Slot[] = [];
  #active: Slot | null = null;
  #activeUid: number | null = null;
  #fetched = new Map<string, Fetched>();
  #ahead: PlayerEntry[] = [];
  #next: { slot: Slot; entry: PlayerEntry } | null = null;
  #speed = 1;
  #enabled = false;
  #frame = 0;
  #lastPrefetch = 0;
  #prefetching = false;
  #swipeAt = 0;
  #framePending: number | null = null;
  #stallTimer = 0;
  #cleanups: (() => void)[] = [];

  constructor(events: PlayerEvents) {
    this.#events = events;
  }

  attach(videos: HTMLVideoElement[]): void {
    this.#slots = videos.map(
      (video) =>
        new Slot(video, {
          onReady: (slot) => this.#onReady(slot),
          onStall: (slot, stalled) => this.#onStall(slot, stalled),
          onFail: (slot, gone) => this.#onFail(slot, gone),
          onReplaced: (slot) => this.#onReplaced(slot),
        }),
    );
    const onVisible = () => (document.hidden ? this.#halt() : void this.#resume());
    document.addEventListener('visibilitychange', onVisible);
    this.#cleanups = [
      sound.onUnlock(() => this.#applySound()),
      () => document.removeEventListener('visibilitychange', onVisible),
      net.onBack(() => this.retry()),
    ];
    this.#frame = requestAnimationFrame(() => this.#tick());
  }

  destroy(): void {
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#stallTimer);
    for (const cleanup of this.#cleanups) cleanup();
    for (const slot of this.#slots) slot.detach();
    for (const fetched of this.#fetched.values()) this.#drop(fetched);
    this.#fetched.clear();
    this.#slots = [];
    this.#active = null;
  }

  /**
   * What the three stages hold, which of them is current, and what follows. `settled` is false
   * while a new tail is on its way: then nothing that was fetched is thrown away yet.
   */
  show(
    stages: readonly (PlayerEntry | null)[],
    active: number,
    ahead: PlayerEntry[],
    settled: boolean,
  ): void {
    this.#ahead = ahead.slice(0, PREFETCH_CLIPS);
    this.#next = null;
    const wanted = new Set(stages.flatMap((entry) => (entry ? [entry.video.id] : [])));
    this.#cancelPrefetch(wanted, settled);
    const current = stages[active] ?? null;
    this.#slots.forEach((slot, index) => {
      const entry = stages[index] ?? null;
      if (!entry) {
        if (slot.uid !== null) slot.detach();
      } else if (slot.uid !== entry.uid) {
        if (entry === current) this.#attachSlot(slot, entry);
        else {
          slot.detach();
          this.#next = { slot, entry };
        }
      }
    });
    const slot = this.#slots[active] ?? null;
    this.#activate(current && slot?.uid === current.uid ? slot : null);
    this.#attachNext();
    this.#trim();
  }

  /** The moment the finger let go, for the time to the first frame. */
  markSwipe(): void {
    this.#swipeAt = performance.now();
  }

  set enabled(enabled: boolean) {
    if (enabled === this.#enabled) return;
    this.#enabled = enabled;
    if (enabled) void this.#resume();
    else this.#halt();
  }

  toggle(): void {
    if (this.blocked || this.pausedByUser || !this.playing) {
      this.pausedByUser = false;
      void this.#resume();
    } else {
      this.pausedByUser = true;
      this.#halt();
    }
  }

  setSpeed(speed: number): void {
    this.#speed = speed;
    for (const { video } of this.#slots) {
      video.defaultPlaybackRate = speed;
      video.playbackRate = speed;
    }
  }

  /** The element with this video on the screen, if it is that. */
  shows(id: string): HTMLVideoElement | null {
    return this.#active?.clip?.id === id ? this.#active.video : null;
  }

  get positionS(): number {
    return this.#active?.video.currentTime ?? 0;
  }

  get durationS(): number {
    return this.#active?.durationS ?? 0;
  }

  seek(toS: number): void {
    const slot = this.#active;
    if (!slot || slot.uid === null) return;
    this.#events.onBreak(slot.uid);
    slot.seek(toS);
  }

  retry(): void {
    const broken = this.#slots.filter((slot) => slot.failed);
    this.failed = new Map();
    for (const slot of broken) slot.retry();
    if (broken.includes(this.#active as Slot) && this.#active) {
      this.#active.active = true;
      void this.#resume();
    }
  }

  /** Puts a clip with fresh media addresses in the place of one whose addresses were refused. */
  renew(uid: number, video: Video): void {
    const slot = this.#slots.find((one) => one.uid === uid);
    if (!slot) return;
    const old = this.#fetched.get(video.id);
    if (old) this.#drop(old);
    this.#fetched.delete(video.id);
    this.failed = new Map([...this.failed].filter(([key]) => key !== uid));
    const active = slot === this.#active;
    this.#attachSlot(slot, { uid, video });
    if (!active) return;
    slot.active = true;
    void this.#resume();
  }

  #attachSlot(slot: Slot, entry: PlayerEntry): void {
    const startS = slot.uid === entry.uid ? slot.beginS : takeStart(entry);
    slot.attach(entry.uid, entry.video, this.#fetch(entry.video).data, startS);
    slot.video.playbackRate = this.#speed;
  }

  /** The next clip is not fetched at the cost of the first frame of this one. */
  #attachNext(): void {
    const next = this.#next;
    if (!next || (this.#active && !this.#active.ready && !this.#active.failed)) return;
    this.#next = null;
    this.#attachSlot(next.slot, next.entry);
  }

  #activate(slot: Slot | null): void {
    const uid = slot?.uid ?? null;
    if (slot === this.#active && uid === this.#activeUid) return;
    if (this.#active && this.#active !== slot) {
      this.#active.active = false;
      this.#active.video.pause();
    }
    this.#active = slot;
    this.#activeUid = uid;
    this.#onStallEnd();
    this.pausedByUser = false;
    if (!slot || uid === null) return;
    slot.active = true;
    if (slot.ready) this.#shiftUp(slot);
    this.#awaitFrame(slot, uid);
    void this.#resume();
  }

  #awaitFrame(slot: Slot, uid: number): void {
    this.#framePending = uid;
    const prerendered = slot.ready;
    const from = this.#swipeAt || performance.now();
    let paintedMs = 0;
    // A pre-rendered clip shows its first frame with the first picture of the swipe itself: two
    // frames of the page later that picture is on the screen.
    if (prerendered) {
      const painted = () => {
        if (this.#framePending !== uid || slot.uid !== uid || document.hidden) return;
        paintedMs = performance.now() - from;
        if (!this.blocked && this.#enabled) this.#events.onFirstFrame(uid);
      };
      requestAnimationFrame(() => requestAnimationFrame(painted));
    }
    const seen = () => {
      if (this.#framePending !== uid || slot.uid !== uid) return;
      if (document.hidden || slot.video.paused) return again();
      this.#framePending = null;
      this.#swipeAt = 0;
      noteSwipe({
        video_id: slot.clip?.id ?? '',
        ttff_ms: paintedMs || performance.now() - from,
        moving_ms: performance.now() - from,
        prerendered,
        at_ms: Date.now(),
      });
      this.#events.onFirstFrame(uid);
    };
    const again = () => {
      if ('requestVideoFrameCallback' in slot.video) slot.video.requestVideoFrameCallback(seen);
      else (slot.video as HTMLVideoElement).addEventListener('timeupdate', seen, { once: true });
    };
    again();
  }

  async #resume(): Promise<void> {
    const slot = this.#active;
    if (!slot || !this.#enabled || this.pausedByUser || document.hidden) return;
    const { video } = slot;
    video.muted = sound.muted;
    try {
      await video.play();
      this.#played(slot);
    } catch (error) {
      if (!(error instanceof DOMException) || error.name !== 'NotAllowedError') return;
      if (slot !== this.#active) return;
      if (!video.muted) {
        sound.refused();
        return this.#resume();
      }
      this.blocked = true;
      this.playing = false;
    }
  }

  #played(slot: Slot): void {
    if (slot !== this.#active) return;
    this.blocked = false;
    this.playing = true;
  }

  #halt(): void {
    const slot = this.#active;
    this.playing = false;
    if (!slot) return;
    slot.video.pause();
    if (slot.uid !== null) this.#events.onBreak(slot.uid);
  }

  /** Inside a gesture: every element of the pool learns that it may sound. */
  #applySound(): void {
    for (const slot of this.#slots) {
      slot.video.muted = sound.muted;
      if (slot === this.#active || slot.uid === null || sound.muted) continue;
      slot.video.play().then(
        () => {
          if (slot !== this.#active) slot.video.pause();
        },
        () => {},
      );
      slot.video.pause();
    }
    if (this.#enabled && !this.pausedByUser) void this.#resume();
  }

  #tick(): void {
    this.#frame = requestAnimationFrame(() => this.#tick());
    const slot = this.#active;
    if (!slot || slot.uid === null) return;
    const { video } = slot;
    if (!video.paused && video.readyState >= 2 && !video.seeking && this.#framePending === null) {
      this.#events.onTick(slot.uid, video.currentTime * 1000, this.#speed);
    }
    if (this.#enabled && !this.pausedByUser && slot.loopIfAtEnd()) {
      this.#events.onLoop(slot.uid);
      if (video.paused) void this.#resume();
    }
    const now = performance.now();
    if (now - this.#lastPrefetch > PREFETCH_EVERY_MS) {
      this.#lastPrefetch = now;
      void this.#prefetch();
    }
  }

  #wish(): RungWish {
    const stage = this.#slots[0]?.video.clientWidth || 400;
    const widthPx = stage * Math.min(devicePixelRatio || 1, 2);
    return { bps: throughput.bps, saver: settings.saver, widthPx };
  }

  #fetch(video: Video): Fetched {
    const known = this.#fetched.get(video.id);
    if (known) return known;
    const rung = pickRung(startRungs(video.playback?.renditions ?? []), this.#wish());
    const fetched: Fetched = {
      data: rung && canUseMse(mimeOf(rung)) ? new ClipData(rung, throughput) : null,
      abort: new AbortController(),
    };
    this.#fetched.set(video.id, fetched);
    return fetched;
  }

  async #prefetch(): Promise<void> {
    const slot = this.#active;
    if (this.#prefetching || !slot || !this.#enabled) return;
    const complete = slot.aheadS === Infinity;
    if (!complete && slot.aheadS < AHEAD_BEFORE_PREFETCH_S) return;
    const clips = settings.saver ? this.#ahead.slice(0, 1) : this.#ahead;
    const segments = settings.saver || !throughput.good ? 1 : 2;
    this.#prefetching = true;
    try {
      for (const entry of clips) {
        if (!this.#ahead.includes(entry)) continue;
        const { data, abort } = this.#fetch(entry.video);
        await data?.prefetch(abort.signal, segments, listedStart(entry));
      }
    } catch {
      // Cancelled by a swipe, or the network is gone: the clip is fetched when its turn comes.
    } finally {
      this.#prefetching = false;
    }
  }

  #cancelPrefetch(wanted: Set<string>, settled: boolean): void {
    const coming = new Set(this.#ahead.map((entry) => entry.video.id));
    for (const [id, fetched] of this.#fetched) {
      if (wanted.has(id)) continue;
      if (!coming.has(id) || !settled) {
        fetched.abort.abort();
        fetched.abort = new AbortController();
      }
      if (settled && !coming.has(id)) {
        this.#drop(fetched);
        this.#fetched.delete(id);
      }
    }
  }

  #drop(fetched: Fetched): void {
    fetched.abort.abort();
    fetched.data?.discard();
  }

  #trim(): void {
    const here = new Set(this.#slots.map((slot) => slot.uid));
    const keep = <T>(entries: Iterable<T>, uid: (entry: T) => number): T[] =>
      [...entries].filter((entry) => here.has(uid(entry)));
    this.ready = new Set(keep(this.ready, (uid) => uid));
    this.failed = new Map(keep(this.failed, ([uid]) => uid));
  }

  #onReady(slot: Slot): void {
    if (slot.uid === null) return;
    this.ready = new Set([...this.ready, slot.uid]);
    if (slot !== this.#active) return;
    this.#shiftUp(slot);
    this.#attachNext();
  }

  #onFail(slot: Slot, gone: boolean): void {
    if (slot.uid === null) return;
    this.failed = new Map([...this.failed, [slot.uid, gone ? 'gone' : 'network']]);
    if (gone) this.#events.onGone(slot.uid);
    else net.reached(false);
    if (slot === this.#active) {
      this.#onStallEnd();
      this.#attachNext();
    }
  }

  #onReplaced(slot: Slot): void {
    if (slot !== this.#active || slot.uid === null) return;
    this.#events.onBreak(slot.uid);
    void this.#resume();
  }

  #onStall(slot: Slot, stalled: boolean): void {
    if (slot !== this.#active) return;
    if (!stalled) return this.#onStallEnd();
    clearTimeout(this.#stallTimer);
    this.#stallTimer = window.setTimeout(() => {
      this.stalled = true;
      if (slot.ready) {
        metrics.stalls++;
        throughput.stalled();
        this.#shiftDown(slot);
      }
    }, SPINNER_AFTER_MS);
  }

  /** The first frame is there: the rest may come from a better rung. */
  #shiftUp(slot: Slot): void {
    const playing = this.#playing(slot);
    const rungs = slot.clip?.playback?.renditions ?? [];
    const rung = playing && finerRung(rungs, playing, this.#wish());
    if (rung && canUseMse(mimeOf(rung))) this.#shift(slot, rung);
  }

  /** The line is too slow for this rung. */
  #shiftDown(slot: Slot): void {
    const playing = this.#playing(slot);
    if (!playing) return;
    const below = (slot.clip?.playback?.renditions ?? []).filter(
      (rung) => rung.bitrate_bps < playing.bitrate_bps,
    );
    const rung = pickRung(below, { bps: throughput.bps, saver: false, widthPx: Infinity });
    if (rung) this.#shift(slot, rung);
  }

  #playing(slot: Slot): Rendition | undefined {
    return slot.clip ? this.#fetched.get(slot.clip.id)?.data?.rendition : undefined;
  }

  #shift(slot: Slot, rung: Rendition): void {
    if (!slot.clip) return;
    const data = new ClipData(rung, throughput);
    this.#fetched.set(slot.clip.id, { data, abort: new AbortController() });
    slot.shift(data);
  }

  #onStallEnd(): void {
    clearTimeout(this.#stallTimer);
    this.stalled = false;
  }
}
