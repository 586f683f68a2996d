// A search by a picture: the picture, the part of it that is searched for, and what came of it.
// While she moves the box nothing is asked; once it rests, what is found stays until the next answer.

import { api } from '../lib/api';
import type { Crop, VisualMatch } from '../lib/types';
import { asText, told, WHOLE } from './crop';
import type { Given, Moment } from './given';
import type { Shrunk } from './shrink';
import { shrink } from './shrinker';

export const REST_MS = 250;

interface Picture extends Shrunk {
  moment: Moment | undefined;
  /** Tells it from the others of this page. */
  number: number;
}

/** As a page was left, for when she is back. */
export interface Left {
  picture: Picture | null;
  state: Looking['state'];
  box: Crop;
  asked: string;
  asks: number;
  found: VisualMatch[] | null;
  waiting: number;
  problem: string;
  /** What was still being read. */
  given: Given | null;
}

const textOf = (box: Crop): string => {
  const part = told(box);
  return part ? asText(part) : '';
};

export class Looking {
  picture = $state.raw<Picture | null>(null);
  state = $state<'none' | 'reading' | 'unreadable' | 'here'>('none');
  box = $state.raw<Crop>(WHOLE);
  /** Grows with each search; each picture has at least one. */
  asks = $state(0);
  busy = $state(false);
  /** Of the last search, as a sentence. */
  problem = $state('');
  /** So many videos the server has not looked at yet. */
  waiting = $state(0);
  /** Null before the first answer for this picture. */
  found = $state.raw<VisualMatch[] | null>(null);
  #given: Given | null = null;
  #asked = '';
  #timer = 0;
  #shrinking = 0;

  constructor(left: Left | undefined) {
    if (!left) return;
    const { asked, given, ...rest } = left;
    Object.assign(this, rest);
    this.#asked = asked;
    if (given) void this.take(given);
    else if (this.picture && textOf(this.box) !== asked) this.ask();
  }

  async take(given: Given): Promise<void> {
    const { from, moment, standsIn = false } = given;
    const mine = ++this.#shrinking;
    clearTimeout(this.#timer);
    this.state = 'reading';
    this.picture = this.found = null;
    this.problem = '';
    this.waiting = 0;
    this.#given = given;
    const shrunk = await (from ? shrink(from).catch(() => null) : null);
    if (mine !== this.#shrinking) return;
    this.#given = null;
    this.state = shrunk ? 'here' : 'unreadable';
    if (!shrunk) return;
    this.box = standsIn ? WHOLE : shrunk.likely;
    this.ask();
    this.picture = { ...shrunk, moment, number: this.asks };
  }

  /** She has moved the box: it is searched for once it rests. */
  move(box: Crop): void {
    this.box = box;
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => {
      if (this.problem || textOf(this.box) !== this.#asked) this.ask();
    }, REST_MS);
  }

  ask(): void {
    clearTimeout(this.#timer);
    this.#asked = textOf(this.box);
    this.asks++;
  }

  /** What is found now. What could not be answered leaves what was found before, and a sentence. */
  async find(signal: AbortSignal): Promise<VisualMatch[]> {
    const { picture, box } = this;
    if (!picture) return [];
    this.busy = true;
    try {
      const crop = told(box);
      const { moment, file } = picture;
      const body = moment ? { ...moment, ...(crop ? { crop } : {}) } : file;
      const answer = await api.similar(body, moment ? null : textOf(box), signal);
      if (signal.aborted) return [];
      this.found = answer.items;
      this.waiting = answer.waiting_count;
      this.problem = '';
    } catch (error) {
      signal.throwIfAborted();
      this.problem = (error as Error).message;
    } finally {
      if (!signal.aborted) this.busy = false;
    }
    return this.found ?? [];
  }

  /** Ends what is on its way, and says how it was left. */
  leave(): Left {
    clearTimeout(this.#timer);
    this.#shrinking++;
    const { picture, state, box, asks, found, waiting, problem } = this;
    return { picture, state, box, asks, found, waiting, problem, asked: this.#asked, given: this.#given };
  }
}
