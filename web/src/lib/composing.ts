// Keys that belong to an input method (Japanese, Chinese, Korean, dead keys …) choose or finish a
// word there; they never send, choose, close or move anything here. One listener ahead of all
// others keeps them from every handler, those of fields to come included.

/** Safari ends the composition before it tells of the key that ended it; Android's keyboards end one before any Enter. */
const ENDED_MS = 80;

export class Composing {
  #endedAt = -Infinity;
  readonly #keysFollow: boolean;

  /** `keysFollow`: the key that ended a composition may be told after its end. */
  constructor(keysFollow: boolean) {
    this.#keysFollow = keysFollow;
  }

  ended(atMs: number): void {
    this.#endedAt = atMs;
  }

  released(): void {
    this.#endedAt = -Infinity;
  }

  /** 229 is what browsers call a key that an input method has taken. */
  owns(key: { isComposing: boolean; keyCode: number; timeStamp: number }): boolean {
    if (key.isComposing || key.keyCode === 229) return true;
    return this.#keysFollow && key.timeStamp - this.#endedAt < ENDED_MS;
  }
}

export function keepComposingKeys(): void {
  const composing = new Composing(!/Android/.test(navigator.userAgent));
  const capture = { capture: true };
  addEventListener('compositionend', (event) => composing.ended(event.timeStamp), capture);
  addEventListener('keyup', () => composing.released(), capture);
  addEventListener(
    'keydown',
    (event) => {
      if (!composing.owns(event)) return;
      event.stopImmediatePropagation();
      // A one-line field would send its form by itself.
      if (event.key === 'Enter' && event.target instanceof HTMLInputElement) event.preventDefault();
    },
    capture,
  );
}
