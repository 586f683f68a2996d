// News of this server over one socket, as long as it holds. Whoever needs them asks now and then
// besides: rarely while the socket is open, as often as it takes while it is not.

import { API, csrfToken } from './http';
import { net } from './net.svelte';
import type { News, Video, VideoNews } from './types';

/** The first frame does not wait for it. */
const FIRST_AFTER_MS = 2000;
const AGAIN_MS = [1000, 5000, 15_000, 60_000];
/** A socket that stood this long was a good one. */
const GOOD_AFTER_MS = 30_000;
/** She is nobody yet, or the server is away. */
const LOOK_MS = 5000;
/** Swiping fast does not flood the server. */
const WATCH_EVERY_MS = 500;
const WATCHED_MAX = 64;
/** So much rarer is asked what the socket tells. */
const RARER = 10;

type Hear = (news: News | null) => void;

export class Updates {
  #socket: WebSocket | null = null;
  #open = false;
  #tries = 0;
  #timer = 0;
  #hear = new Set<Hear>();
  #watched: string[] = [];
  #watchTimer = 0;

  /** The socket is open. */
  get open(): boolean {
    return this.#open;
  }

  start(): void {
    this.#later(FIRST_AFTER_MS);
  }

  /** She is another one now: signed in or out. */
  again(): void {
    this.#tries = 0;
    const socket = this.#socket;
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
      this.#closed();
    }
    if (this.#timer) this.#later(0);
  }

  /** `null`: the socket has closed, what comes now is not told. */
  hear(hear: Hear): () => void {
    this.#hear.add(hear);
    return () => this.#hear.delete(hear);
  }

  /** The clips on the screen and behind: it is told when one of them is gone. */
  watch(ids: string[]): void {
    const wanted = [...new Set(ids)].slice(0, WATCHED_MAX);
    if (wanted.join() === this.#watched.join()) return;
    this.#watched = wanted;
    this.#watchTimer ||= window.setTimeout(() => this.#tellWatched(), WATCH_EVERY_MS);
  }

  /** How long to wait before asking for what the socket tells too. */
  every(ms: number): number {
    return this.#open ? ms * RARER : ms;
  }

  #tellWatched(): void {
    this.#watchTimer = 0;
    if (this.#open) this.#socket?.send(JSON.stringify({ watch: this.#watched }));
  }

  #later(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => this.#connect(), ms);
  }

  #connect(): void {
    this.#timer = 0;
    if (this.#socket || typeof WebSocket === 'undefined') return;
    if (!csrfToken() || !net.reachable) return this.#later(LOOK_MS);
    const socket = new WebSocket(new URL(`${API}/updates/socket`, location.href.replace(/^http/, 'ws')));
    this.#socket = socket;
    let good = 0;
    socket.onopen = () => {
      this.#open = true;
      good = window.setTimeout(() => (this.#tries = 0), GOOD_AFTER_MS);
      this.#tellWatched();
    };
    socket.onmessage = ({ data }) => {
      this.#tell(JSON.parse(String(data)) as News);
    };
    socket.onclose = () => {
      clearTimeout(good);
      this.#closed();
    };
  }

  #closed(): void {
    this.#socket = null;
    this.#open = false;
    // Spread, so that a server that comes back is not asked by all in one moment.
    const ms = AGAIN_MS[Math.min(this.#tries++, AGAIN_MS.length - 1)] ?? 0;
    this.#later(ms * (0.5 + Math.random()));
    this.#tell(null);
  }

  #tell(news: News | null): void {
    for (const hear of [...this.#hear]) hear(news);
  }
}

export const updates = new Updates();

/** What is told of a video, from now on until `end`: of hers everything, of another's nothing. */
export class Follow {
  #news: VideoNews | null = null;
  #wake: () => void = () => {};
  #from: Updates;
  readonly end: () => void;

  constructor(id: string, from: Updates = updates) {
    this.#from = from;
    this.end = from.hear((news) => {
      if (news && (news.type === 'unread' || news.id !== id)) return;
      if (news?.type === 'video') this.#news = news;
      this.#wake();
    });
  }

  /** The newest, as soon as there is one; null when it is time to ask, after `ms` or rarely when it is hers. */
  async next(ms: number, hers = true): Promise<VideoNews | null> {
    if (!this.#news) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, hers ? this.#from.every(ms) : ms);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    const news = this.#news;
    this.#news = null;
    return news;
  }
}

/** A video as the news have it; the rest is as it was. */
export function withNews(video: Video, { state, step, progress_percent }: VideoNews): Video {
  return { ...video, state, step, progress_percent };
}
