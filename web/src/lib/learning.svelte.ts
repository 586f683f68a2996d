// Whether the feed learns from this session: of this tab, until it is closed. Said with every
// request (http.ts), so that nothing has to be kept about it on the server.

import { serverNow } from './clock';

const PAUSED = 'fs.unlearned';
const BEGAN = 'fs.began';

function kept(key: string): string | null {
  try {
    return sessionStorage.getItem(key);
  } catch {
    return null;
  }
}

function keep(key: string, value: string | null): void {
  try {
    if (value === null) sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, value);
  } catch {
    // Without storage it holds until the page is loaded again.
  }
}

class Learning {
  #paused = $state(kept(PAUSED) !== null);
  readonly beganMs = Number(kept(BEGAN)) || serverNow();

  constructor() {
    keep(BEGAN, String(this.beganMs));
  }

  get paused(): boolean {
    return this.#paused;
  }

  pause(on: boolean): void {
    this.#paused = on;
    keep(PAUSED, on ? '1' : null);
  }
}

export const learning = new Learning();
