// One <video> element of the pool and what feeds it: MediaSource with byte ranges, or, where that
// is missing or fails, the HLS playlist or the plain file, whichever the element plays by itself.

import type { Video } from '../lib/types';
import { isGone, MediaError, type ClipData } from './clip_data';
import { metrics } from './metrics';
import { segmentAt } from './sidx';

/** Behind the play head this much stays when the browser's buffer is full. */
const BEHIND_S = 4;
/** So much is fetched even when the browser wants no more: after a jump WebKit may not ask. */
const AHEAD_MIN_S = 1;
const RETRY_MS = [300, 1000, 2500, 5000];

/** ManagedMediaSource has `streaming`: false while the browser wants no more data. */
type Source = MediaSource & { streaming?: boolean };
type MediaSourceClass = (new () => Source) & Pick<typeof MediaSource, 'isTypeSupported'>;

function mediaSourceClass(): MediaSourceClass | null {
  const scope = globalThis as { ManagedMediaSource?: MediaSourceClass; MediaSource?: MediaSourceClass };
  return scope.ManagedMediaSource ?? scope.MediaSource ?? null;
}

export function canUseMse(mime: string): boolean {
  return mediaSourceClass()?.isTypeSupported(mime) ?? false;
}

function plainUrls(clip: Video, video: HTMLVideoElement): string[] {
  const { hls = '', mp4 = '' } = clip.playback ?? {};
  const playsHls = video.canPlayType('application/vnd.apple.mpegurl') !== '';
  return [playsHls ? hls : '', mp4].filter((url) => url !== '');
}

export interface SlotEvents {
  onReady: (slot: Slot) => void;
  onStall: (slot: Slot, stalled: boolean) => void;
  onFail: (slot: Slot, gone: boolean) => void;
  /** The current clip begins again from another source, and stands still until it is played. */
  onReplaced: (slot: Slot) => void;
}

export class Slot {
  readonly video: HTMLVideoElement;
  uid: number | null = null;
  clip: Video | null = null;
  /** Where it begins before it has gone round. */
  beginS = 0;
  /** The first frame is decoded and painted or about to be. */
  ready = false;
  failed = false;
  #events: SlotEvents;
  #data: ClipData | null = null;
  #other: ClipData | null = null;
  #source: Source | null = null;
  #buffer: SourceBuffer | null = null;
  #url: string | null = null;
  /** What the element may try by itself, best first. */
  #plainUrls: string[] = [];
  #abort = new AbortController();
  #active = false;
  #wake: (() => void) | null = null;
  #aheadTargetS = 20;

  constructor(video: HTMLVideoElement, events: SlotEvents) {
    this.video = video;
    this.#events = events;
    video.playsInline = true;
    video.preload = 'auto';
    // ManagedMediaSource opens only where the clip can't be sent to another screen.
    video.disableRemotePlayback = true;
    const wake = () => this.#wake?.();
    video.addEventListener('timeupdate', wake);
    video.addEventListener('seeking', wake);
    video.addEventListener('loadeddata', () => this.#markReady());
    video.addEventListener('canplay', () => this.#markReady());
    video.addEventListener('waiting', () => this.#stall(true));
    video.addEventListener('playing', () => this.#stall(false));
    video.addEventListener('error', () => this.#elementFailed());
  }

  /** Nothing is fetched again when the element plays this clip already (early.ts). */
  attach(uid: number, clip: Video, data: ClipData | null, beginS = 0): void {
    const plays = this.video.dataset['clip'] === clip.id && !this.video.error;
    if (!plays) this.detach();
    delete this.video.dataset['clip'];
    this.uid = uid;
    this.clip = clip;
    this.beginS = beginS;
    this.#data = plays ? null : data;
    this.#abort = new AbortController();
    this.#plainUrls = plainUrls(clip, this.video);
    this.video.volume = Math.min(1, 10 ** (Math.min(0, clip.gain_db) / 20));
    if (plays) this.#markReady();
    else if (data) void this.#feed(data, this.#abort.signal);
    else this.#plain();
  }

  detach(): void {
    this.#abort.abort();
    this.#wake?.();
    this.uid = null;
    this.clip = null;
    this.#data = null;
    this.#other = null;
    this.ready = false;
    this.failed = false;
    this.#active = false;
    this.#release();
  }

  /** What is not here yet comes from another rung. */
  shift(other: ClipData): void {
    if (!this.#buffer) return;
    this.#other = other;
    this.#wake?.();
  }

  set active(active: boolean) {
    this.#active = active;
    this.#wake?.();
  }

  /** Seconds that play without the network from here; Infinity when all of the clip is here. */
  get aheadS(): number {
    const { currentTime } = this.video;
    const end = this.#bufferedEnd(currentTime);
    const whole = this.#data ? this.#nextSegment() === null : end > this.durationS - 0.1;
    return whole ? Infinity : end - currentTime;
  }

  get durationS(): number {
    const known = this.video.duration;
    if (Number.isFinite(known) && known > 0) return known;
    return (this.clip?.duration_ms ?? 0) / 1000;
  }

  /** Jumps to the beginning if the end is reached; true when it did. */
  loopIfAtEnd(): boolean {
    const end = this.durationS;
    if (end <= 0.2 || this.video.seeking) return false;
    if (!this.video.ended && this.video.currentTime < end - 0.06) return false;
    this.seek(0);
    return true;
  }

  seek(toS: number): void {
    this.video.currentTime = Math.max(this.#startS(), Math.min(toS, this.durationS - 0.05));
    this.#wake?.();
  }

  retry(): void {
    const { uid, clip } = this;
    if (uid !== null && clip) this.attach(uid, clip, this.#data, this.beginS);
  }

  #startS(): number {
    const { buffered } = this.video;
    // Composition offsets can let the first frame begin a little after zero.
    return buffered.length > 0 && buffered.start(0) < 0.5 ? buffered.start(0) : 0;
  }

  #markReady(): void {
    if (this.ready || this.uid === null || this.video.readyState < 2) return;
    this.ready = true;
    this.#events.onReady(this);
  }

  #stall(stalled: boolean): void {
    if (this.#active) this.#events.onStall(this, stalled);
  }

  #elementFailed(): void {
    if (this.uid === null || !this.video.error) return;
    if (this.#source) this.#fallBack();
    else this.#plain();
  }

  #giveUp(gone: boolean): void {
    this.failed = true;
    this.#events.onFail(this, gone);
  }

  #fallBack(): void {
    metrics.fallbacks++;
    this.#abort.abort();
    this.#abort = new AbortController();
    this.#data = null;
    this.#release();
    this.#plain();
  }

  #plain(): void {
    const url = this.#plainUrls.shift();
    if (!url) return void this.#giveUpPlain(this.#abort.signal);
    this.video.src = url;
    this.video.load();
    this.#begin();
    if (this.#active) this.#events.onReplaced(this);
  }

  /** The element says only that it failed; the address knows whether the clip is gone. */
  async #giveUpPlain(signal: AbortSignal): Promise<void> {
    const url = this.clip?.playback?.mp4;
    const answer = url ? await fetch(url, { method: 'HEAD', signal }).catch(() => null) : null;
    if (!signal.aborted) this.#giveUp(answer !== null && isGone(answer.status));
  }

  #release(): void {
    this.video.pause();
    this.#source = null;
    this.#buffer = null;
    if (this.video.hasAttribute('src')) {
      this.video.removeAttribute('src');
      this.video.load();
    }
    if (this.#url) URL.revokeObjectURL(this.#url);
    this.#url = null;
  }

  async #feed(data: ClipData, signal: AbortSignal): Promise<void> {
    try {
      const opened = this.#open(data, signal);
      // Awaited below; until then a swipe away must not count as an error nobody caught.
      opened.catch(() => {});
      await this.#withRetry(() => data.start(signal), signal);
      await opened;
      if (data.init) await this.#append(data.init, signal);
      const last = data.segments[data.segments.length - 1];
      if (this.#source?.readyState === 'open' && last) this.#source.duration = last.toS;
      await this.#pump(signal);
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof MediaError && error.gone) this.#giveUp(true);
      else this.#fallBack();
    }
  }

  #open(data: ClipData, signal: AbortSignal): Promise<void> {
    const Source = mediaSourceClass();
    if (!Source) return Promise.reject(new MediaError('no MediaSource', false));
    const source = new Source();
    this.#source = source;
    source.addEventListener('startstreaming', () => this.#wake?.());
    this.#url = URL.createObjectURL(source);
    return new Promise((resolve, reject) => {
      source.addEventListener(
        'sourceopen',
        () => {
          if (signal.aborted) return reject(new MediaError('aborted', false));
          try {
            this.#buffer = source.addSourceBuffer(data.mime);
            resolve();
          } catch (error) {
            reject(error instanceof Error ? error : new MediaError('addSourceBuffer', false));
          }
        },
        { once: true },
      );
      this.video.src = this.#url ?? '';
      this.#begin();
    });
  }

  /** Before the element knows of any data it keeps this for when it does. */
  #begin(): void {
    if (this.beginS > 0) this.video.currentTime = this.beginS;
  }

  async #pump(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const index = this.#nextSegment();
      if (this.#other && index !== null && !this.#data?.has(index)) {
        await this.#changeOver(this.#other, signal);
        continue;
      }
      const data = this.#data;
      if (!data) return;
      if (index === null) this.#finish();
      if (index === null || !this.#wants(index)) {
        await this.#sleep();
        continue;
      }
      const bytes = await this.#withRetry(() => data.segment(index, signal), signal);
      await this.#append(bytes, signal);
      this.#placeAtStart();
    }
  }

  /** Rungs are cut at the same places, so the next segment simply comes from the other file. */
  async #changeOver(other: ClipData, signal: AbortSignal): Promise<void> {
    this.#other = null;
    await this.#withRetry(() => other.index(signal), signal);
    if (signal.aborted || !this.#buffer || !other.init) return;
    this.#buffer.changeType?.(other.mime);
    await this.#append(other.init, signal);
    this.#data = other;
  }

  /** Standby holds the first frame (and what was fetched already); the active clip runs ahead. */
  #wants(index: number): boolean {
    const wanted = this.#source?.streaming !== false;
    if (this.#active) return this.aheadS < (wanted ? this.#aheadTargetS : AHEAD_MIN_S);
    return index === this.#segmentAt(this.beginS) || (wanted && (this.#data?.has(index) ?? false));
  }

  /** The first segment from the play head on that is not buffered, then those before it. */
  #nextSegment(): number | null {
    const segments = this.#data?.segments ?? [];
    if (segments.length === 0) return 0;
    const from = this.#segmentAt(this.video.currentTime);
    for (let step = 0; step < segments.length; step++) {
      const index = (from + step) % segments.length;
      const segment = segments[index];
      if (segment && !this.#isBuffered((segment.fromS + segment.toS) / 2)) return index;
    }
    return null;
  }

  /** A jump may land a little before where it was to. */
  #segmentAt(timeS: number): number {
    return segmentAt(this.#data?.segments ?? [], timeS + 0.01);
  }

  #isBuffered(timeS: number): boolean {
    const ranges = this.#buffer?.buffered;
    if (!ranges) return false;
    for (let i = 0; i < ranges.length; i++) {
      if (ranges.start(i) <= timeS && timeS < ranges.end(i)) return true;
    }
    return false;
  }

  #bufferedEnd(timeS: number): number {
    const ranges = this.video.buffered;
    for (let i = 0; i < ranges.length; i++) {
      if (ranges.start(i) - 0.5 <= timeS && timeS <= ranges.end(i)) return ranges.end(i);
    }
    return timeS;
  }

  #placeAtStart(): void {
    const start = this.#startS();
    if (start > 0 && this.video.currentTime < start) this.video.currentTime = start + 0.001;
  }

  #finish(): void {
    if (this.#source?.readyState === 'open' && !this.#buffer?.updating) this.#source.endOfStream();
  }

  #sleep(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = null;
        resolve();
      };
    });
  }

  async #append(bytes: ArrayBuffer, signal: AbortSignal): Promise<void> {
    const buffer = this.#buffer;
    if (!buffer || signal.aborted) return;
    try {
      await this.#update(buffer, () => buffer.appendBuffer(bytes));
    } catch (error) {
      if (!(error instanceof DOMException) || error.name !== 'QuotaExceededError') throw error;
      const until = this.video.currentTime - BEHIND_S;
      if (until > 0) await this.#update(buffer, () => buffer.remove(0, until));
      this.#aheadTargetS = 8;
      await this.#sleep();
    }
  }

  #update(buffer: SourceBuffer, change: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = () => {
        buffer.removeEventListener('updateend', done);
        buffer.removeEventListener('error', failed);
        resolve();
      };
      const failed = () => {
        buffer.removeEventListener('updateend', done);
        buffer.removeEventListener('error', failed);
        reject(new MediaError('the browser refused the segment', false));
      };
      buffer.addEventListener('updateend', done);
      buffer.addEventListener('error', failed);
      try {
        change();
      } catch (error) {
        buffer.removeEventListener('updateend', done);
        buffer.removeEventListener('error', failed);
        reject(error instanceof Error ? error : new MediaError('append', false));
      }
    });
  }

  async #withRetry<T>(run: () => Promise<T>, signal: AbortSignal): Promise<T> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await run();
      } catch (error) {
        const wait = RETRY_MS[attempt];
        const network = error instanceof TypeError || error instanceof MediaError;
        if (signal.aborted || !network || wait === undefined) throw error;
        if (error instanceof MediaError && error.gone) throw error;
        await new Promise((resolve) => setTimeout(resolve, wait));
      }
    }
  }
}
