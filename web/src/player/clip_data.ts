// The bytes of one clip at one rung: fetched by range, handed out segment by segment, with or
// without a video element waiting for them. What was fetched ahead is kept until it is taken.

import type { Rendition } from '../lib/types';
import type { Throughput } from './bandwidth';
import { metrics } from './metrics';
import { parseSidx, segmentAt, type IndexedSegment } from './sidx';

/** Fetched without being asked for by a screen: at most this many bytes a clip. */
export const PREFETCH_BYTES_MAX = 800_000;

export class MediaError extends Error {
  readonly gone: boolean;
  constructor(message: string, gone: boolean) {
    super(message);
    this.gone = gone;
  }
}

/** The address is refused: expired, or the clip may no longer be shown. */
export const isGone = (status: number): boolean => [401, 403, 404, 410].includes(status);

export const mimeOf = (rendition: Rendition): string => `video/mp4; codecs="${rendition.codecs}"`;

export class ClipData {
  readonly rendition: Rendition;
  /** ftyp, moov and sidx; null until the first answer is in. */
  init: ArrayBuffer | null = null;
  segments: IndexedSegment[] = [];
  #throughput: Throughput;
  #kept = new Map<number, ArrayBuffer>();
  #first: Promise<void> | null = null;
  #prefetched = 0;
  #taken = new Set<number>();

  constructor(rendition: Rendition, throughput: Throughput) {
    this.rendition = rendition;
    this.#throughput = throughput;
  }

  get mime(): string {
    return mimeOf(this.rendition);
  }

  /** Init and first segment in one request. Concurrent callers share it. */
  start(signal: AbortSignal, ahead = false): Promise<void> {
    if (this.init) return Promise.resolve();
    this.#first ??= this.#fetchFirst(signal, ahead).catch((error: unknown) => {
      this.#first = null;
      throw error;
    });
    return this.#first;
  }

  /** Init alone, for one who comes over from another rung in the middle of the clip. */
  async index(signal: AbortSignal): Promise<void> {
    if (this.init) return;
    const end = this.rendition.init[1];
    this.#read(await this.#range(0, end, signal, false));
  }

  /** Init and so many segments from where it begins, within the byte budget. */
  async prefetch(signal: AbortSignal, segmentsWanted: number, fromS = 0): Promise<void> {
    await this.start(signal, true);
    const first = segmentAt(this.segments, fromS);
    for (let index = first; index < first + segmentsWanted; index++) {
      const segment = this.segments[index];
      if (!segment || this.#kept.has(index) || this.#taken.has(index)) continue;
      if (this.#prefetched + segment.end - segment.start > PREFETCH_BYTES_MAX) return;
      this.#kept.set(index, await this.#range(segment.start, segment.end, signal, true));
    }
  }

  has(index: number): boolean {
    return this.#kept.has(index);
  }

  /** The bytes of one segment; what was kept for it is given away. */
  async segment(index: number, signal: AbortSignal): Promise<ArrayBuffer> {
    this.#taken.add(index);
    const kept = this.#kept.get(index);
    if (kept) {
      this.#kept.delete(index);
      return kept;
    }
    const segment = this.segments[index];
    if (!segment) throw new MediaError('no such segment', false);
    return this.#range(segment.start, segment.end, signal, false);
  }

  /** Called once when the clip leaves the feed: what was fetched for nothing is counted. */
  discard(): void {
    if (this.#taken.size === 0) metrics.wasted_prefetch_bytes += this.#prefetched;
    else for (const kept of this.#kept.values()) metrics.wasted_prefetch_bytes += kept.byteLength;
    this.#kept.clear();
  }

  async #fetchFirst(signal: AbortSignal, ahead: boolean): Promise<void> {
    const { init, segments } = this.rendition;
    const initEnd = init[1];
    const firstEnd = segments[0]?.[1] ?? Math.min(initEnd + 200_000, this.rendition.bytes - 1);
    const data = await this.#range(0, firstEnd, signal, ahead);
    const first = this.#read(data);
    if (data.byteLength > first.end) this.#kept.set(0, data.slice(first.start, first.end + 1));
  }

  #read(data: ArrayBuffer): IndexedSegment {
    const index = parseSidx(data.slice(0, this.rendition.init[1] + 1));
    if (!index?.[0]) throw new MediaError('the clip has no index', false);
    this.init = data.slice(0, index[0].start);
    this.segments = index;
    return index[0];
  }

  async #range(from: number, to: number, signal: AbortSignal, ahead: boolean): Promise<ArrayBuffer> {
    const began = performance.now();
    const response = await fetch(this.rendition.url, {
      headers: { Range: `bytes=${from}-${to}` },
      credentials: 'same-origin',
      signal,
    });
    if (response.status !== 206 && response.status !== 200) {
      throw new MediaError(`media answered ${response.status}`, isGone(response.status));
    }
    let data = await response.arrayBuffer();
    // A server that ignores ranges sends the whole file.
    if (response.status === 200) data = data.slice(from, to + 1);
    else if (data.byteLength !== to - from + 1) throw new MediaError('a range was cut short', false);
    this.#throughput.add(data.byteLength, performance.now() - began);
    metrics.media_bytes += data.byteLength;
    if (ahead) {
      metrics.prefetched_bytes += data.byteLength;
      this.#prefetched += data.byteLength;
    }
    return data;
  }
}
