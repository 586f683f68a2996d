// How fast the network is: a weighted mean of finished downloads that outlives clip and page.

import { read, write } from '../lib/storage';

const KEY = 'fs.bps';
const DEFAULT_BPS = 5_000_000;
/** Smaller answers measure the delay and not the width of the line. */
const BYTES_MIN = 24_000;

export interface RungLike {
  width: number;
  height: number;
  bitrate_bps: number;
}

export class Throughput {
  #fast: number;
  #slow: number;

  constructor(startBps = DEFAULT_BPS) {
    this.#fast = startBps;
    this.#slow = startBps;
  }

  static remembered(): Throughput {
    const kept = Number(read(KEY));
    if (kept > 0) return new Throughput(kept);
    const link = (navigator as { connection?: { downlink?: number } }).connection;
    return new Throughput(link?.downlink ? link.downlink * 1e6 : DEFAULT_BPS);
  }

  add(bytes: number, ms: number): void {
    if (bytes < BYTES_MIN || ms <= 0) return;
    const bps = (bytes * 8000) / Math.max(ms, 1);
    this.#fast += 0.5 * (bps - this.#fast);
    this.#slow += 0.2 * (bps - this.#slow);
    write(KEY, String(Math.round(this.bps)));
  }

  /** A stall says that the estimate was too good. */
  stalled(): void {
    this.#fast *= 0.6;
    this.#slow *= 0.8;
  }

  get bps(): number {
    return Math.min(this.#fast, this.#slow);
  }

  get good(): boolean {
    return this.bps > 4_000_000;
  }
}

/** A rung with more lines follows only behind the first frame. */
const START_LINES_MAX = 720;
/** Going up needs twice a rung's rate, where beginning with it needs one and a half times. */
const UP_SHARE = 0.75;

export interface RungWish {
  bps: number;
  saver: boolean;
  /** Device pixels the picture is wide on the screen. */
  widthPx: number;
}

/** The best rung that the line carries with room to spare and the screen can show; never none. */
export function pickRung<T extends RungLike>(rungs: readonly T[], wish: RungWish): T | undefined {
  const byRate = [...rungs].sort((a, b) => a.bitrate_bps - b.bitrate_bps);
  let choice = byRate[0];
  if (wish.saver) return choice;
  for (const rung of byRate) {
    if (choice && choice !== rung && choice.width >= wish.widthPx) break;
    if (rung.bitrate_bps * 1.5 <= wish.bps) choice = rung;
  }
  return choice;
}

/** Those that a clip begins with: the first frame must not wait for the largest. */
export function startRungs<T extends RungLike>(rungs: readonly T[]): readonly T[] {
  const quick = rungs.filter((rung) => Math.min(rung.width, rung.height) <= START_LINES_MAX);
  return quick.length > 0 ? quick : rungs;
}

/** The better rung that the rest of a clip is worth, none where this one will do. */
export function finerRung<T extends RungLike>(
  rungs: readonly T[],
  playing: RungLike,
  wish: RungWish,
): T | undefined {
  const rung = pickRung(rungs, { ...wish, bps: wish.bps * UP_SHARE });
  return rung && rung.bitrate_bps > playing.bitrate_bps ? rung : undefined;
}
