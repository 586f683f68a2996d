// Taking entries off the block list. The server cannot put one back, so it is asked once "Undo" is
// gone: after a few seconds, or when the page is left.

import { ApiError } from '../lib/http';

const UNDO_MS = 7000;

export class Taking {
  /** These can still be put back. */
  taken = $state.raw<ReadonlySet<string>>(new Set());
  /** These are off the list, or about to be. */
  gone = $state.raw<ReadonlySet<string>>(new Set());
  #timers = new Map<string, ReturnType<typeof setTimeout>>();
  readonly #ask: (id: string) => Promise<unknown>;
  readonly #ended: (error: unknown) => void;

  /** `ended` is called once the server has answered; with what went wrong, if anything. */
  constructor(ask: (id: string) => Promise<unknown>, ended: (error: unknown) => void) {
    this.#ask = ask;
    this.#ended = ended;
  }

  take(id: string): void {
    this.taken = new Set([...this.taken, id]);
    this.#timers.set(
      id,
      setTimeout(() => void this.#send(id), UNDO_MS),
    );
  }

  undo(id: string): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
    this.taken = without(this.taken, id);
  }

  /** All that can still be put back is taken off now. */
  async flush(): Promise<void> {
    await Promise.all([...this.taken].map((id) => this.#send(id)));
  }

  async #send(id: string): Promise<void> {
    this.undo(id);
    this.gone = new Set([...this.gone, id]);
    try {
      await this.#ask(id);
    } catch (error) {
      // Somebody else has taken it off.
      if (!(error instanceof ApiError && error.status === 404)) {
        this.gone = without(this.gone, id);
        return this.#ended(error);
      }
    }
    this.#ended(null);
  }
}

const without = (ids: ReadonlySet<string>, id: string): ReadonlySet<string> =>
  new Set([...ids].filter((one) => one !== id));
