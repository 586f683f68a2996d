// What waits for a decision. What was decided is out of the list at once, whatever answer comes
// late; it stands where it was again when the server refuses.

import { ApiError } from '../lib/http';
import type { Held } from '../lib/types';

export interface Answer {
  items: Held[];
  /** Of all; more than `items` where there are very many. */
  count: number;
}

/** `limit`: released for those who ask for sensitive videos. */
export type Decision = 'release' | 'limit' | 'refuse';

/** How it ended: `meanwhile` somebody else was first, or its owner deleted it. */
export type Ended = 'done' | 'meanwhile' | 'failed';

export class Waiting {
  #answer = $state.raw<Answer | null>(null);
  #decided = $state.raw<ReadonlySet<string>>(new Set());
  /** Why the last try failed, by id. */
  problems = $state.raw<ReadonlyMap<string, string>>(new Map());

  /** Null until the first answer. */
  get items(): Held[] | null {
    return this.#answer?.items.filter(({ id }) => !this.#decided.has(id)) ?? null;
  }

  /** How many there are behind those that are shown. */
  get more(): number {
    return this.#answer ? Math.max(0, this.#answer.count - this.#answer.items.length) : 0;
  }

  take(answer: Answer): void {
    this.#answer = answer;
  }

  clear(): void {
    this.#answer = null;
  }

  /** `ask` is the request. */
  async decide(id: string, ask: () => Promise<unknown>): Promise<Ended> {
    this.#decided = new Set([...this.#decided, id]);
    this.#say(id, '');
    try {
      await ask();
      return 'done';
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return 'meanwhile';
      this.#decided = new Set([...this.#decided].filter((one) => one !== id));
      this.#say(id, (error as Error).message);
      return 'failed';
    }
  }

  #say(id: string, problem: string): void {
    const problems = new Map(this.problems);
    if (problem) problems.set(id, problem);
    else problems.delete(id);
    this.problems = problems;
  }
}
