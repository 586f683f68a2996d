// Cues out of the WebVTT that the server writes (src/subtitles/cues.h there): times with hours, no
// settings, no tags, in the order of their beginnings.

export interface Cue {
  fromMs: number;
  toMs: number;
  text: string;
}

/** Lines of other times that are shown together. */
const AT_ONCE_MAX = 4;
const TIMES = /^(\d+):(\d\d):(\d\d)\.(\d{3}) --> (\d+):(\d\d):(\d\d)\.(\d{3})$/;
const SIGNS: Record<string, string> = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&#123;': '{' };

const ms = ([hours = 0, minutes = 0, seconds = 0, rest = 0]: number[]): number =>
  ((hours * 60 + minutes) * 60 + seconds) * 1000 + rest;

function cueOf(block: string): Cue | null {
  const [first = '', ...lines] = block.split('\n');
  const times = TIMES.exec(first)?.slice(1).map(Number);
  if (!times) return null;
  const text = lines.join('\n').replace(/&(?:amp|lt|gt|#123);/g, (sign) => SIGNS[sign] ?? sign);
  return { fromMs: ms(times.slice(0, 4)), toMs: ms(times.slice(4)), text };
}

export class Cues {
  readonly all: readonly Cue[];
  readonly #longestMs: number;

  constructor(webvtt: string) {
    this.all = webvtt
      .trimEnd()
      .split('\n\n')
      .flatMap((block) => cueOf(block) ?? []);
    this.#longestMs = this.all.reduce((longest, cue) => Math.max(longest, cue.toMs - cue.fromMs), 0);
  }

  /** What is to be read at a time, in order: of many at once the last few. */
  at(timeMs: number): Cue[] {
    const found: Cue[] = [];
    for (let i = this.#begunBy(timeMs) - 1; i >= 0; i--) {
      const cue = this.all[i];
      if (!cue || cue.fromMs + this.#longestMs <= timeMs) break;
      if (cue.toMs > timeMs) found.unshift(cue);
      if (found.length === AT_ONCE_MAX) break;
    }
    return found;
  }

  /** How many have begun. */
  #begunBy(timeMs: number): number {
    let [low, high] = [0, this.all.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.all[middle]?.fromMs ?? Infinity) <= timeMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
