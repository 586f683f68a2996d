// Sound on or off, for every player on the page. Browsers start muted; the first "Tap for sound"
// is a gesture in which all pooled elements are unlocked, and the choice is remembered.

import { read, write } from './storage';

const KEY = 'fs.sound';

class Sound {
  /** Elements are muted now. */
  muted = $state(true);
  /** She has chosen silence: the large button has done its work. */
  chosenOff = $state(false);
  #unlock = new Set<() => void>();

  constructor() {
    const kept = read(KEY);
    this.muted = kept !== 'on';
    this.chosenOff = kept === 'off';
  }

  get ask(): boolean {
    return this.muted && !this.chosenOff;
  }

  /** `run` is called inside the gesture that turns sound on. */
  onUnlock(run: () => void): () => void {
    this.#unlock.add(run);
    return () => this.#unlock.delete(run);
  }

  set(on: boolean): void {
    this.muted = !on;
    this.chosenOff = !on;
    write(KEY, on ? 'on' : 'off');
    for (const run of this.#unlock) run();
  }

  toggle(): void {
    this.set(this.muted);
  }

  /** The browser refused sound without a gesture: muted for now, the button comes back. */
  refused(): void {
    this.muted = true;
    this.chosenOff = false;
  }
}

export const sound = new Sound();
