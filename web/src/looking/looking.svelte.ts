// A search by a picture: the picture, the part of it that is searched for, and what came of it.
// While she moves the box nothing is asked; once it rests, what is found stays until the next answer.
// The box that a moment of a video begins with is a guess: where that finds nothing, the whole
// picture is searched for. Her own boxes are searched for as they are.

import { api } from '../lib/api';
import type { Crop, FoundMoments, VisualMatch } from '../lib/types';
import { asText, isWhole, told, WHOLE } from './crop';
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
  guessed: boolean;
  widened: boolean;
  waiting: number;
  problem: string;
  /** What was still being read. */
  given: Given | null;
}

const textOf = (box: Crop): string => {
  const part = told(box);
  return part ? asText(part) : '';
};

/** Of a moment the server has the picture itself. */
const similar = ({ moment, file }: Picture, box: Crop, signal: AbortSignal): Promise<FoundMoments> => {
  const crop = told(box);
  const body = moment ? { ...moment, ...(crop ? { crop } : {}) } : file;
  return api.similar(body, moment ? null : textOf(box), signal);
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
  /** It is of the whole picture, because the guess found nothing. */
  widened = $state(false);
  /** The box is where it began, and what it found nothing in may be searched for whole. */
  guessed = false;
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
    this.guessed = this.widened = false;
    this.#given = given;
    const shrunk = await shrink(from).catch(() => null);
    if (mine !== this.#shrinking) return;
    this.#given = null;
    if ('close' in from) from.close();
    this.state = shrunk ? 'here' : 'unreadable';
    if (!shrunk) return;
    this.box = standsIn ? WHOLE : shrunk.likely;
    this.guessed = moment !== undefined && !isWhole(this.box);
    this.ask();
    this.picture = { ...shrunk, moment, number: this.asks };
  }

  /** She has moved the box: it is searched for once it rests. */
  move(box: Crop): void {
    this.box = box;
    this.guessed = false;
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
      const part = await similar(picture, box, signal);
      const none = part.items.length === 0;
      const whole = none && this.guessed ? await similar(picture, WHOLE, signal) : null;
      if (signal.aborted) return [];
      // She may have moved the box meanwhile: then it is hers.
      const answer = this.guessed && whole ? whole : part;
      this.widened = answer === whole;
      if (this.widened) [this.box, this.#asked, this.guessed] = [WHOLE, textOf(WHOLE), false];
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
    const { picture, state, box, asks, found, guessed, widened, waiting, problem } = this;
    const shown = { picture, state, box, asks, found, guessed, widened, waiting, problem };
    return { ...shown, asked: this.#asked, given: this.#given };
  }
}
