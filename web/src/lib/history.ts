// The browser's history as the app uses it: a page is an entry, and so is every open sheet, so that
// a phone's back button closes the sheet and not the page. A step back takes the browser a moment;
// what is to change the history meanwhile waits for it, or it would land on the wrong entry.

export interface Entry {
  /** How many entries of ours lie behind this one, so that "back" never leaves the app. */
  readonly depth: number;
  /** Names the visit to the page, which its sheets share. */
  readonly page: number;
  /** The sheets that are open here, the highest last. */
  readonly sheets: readonly number[];
}

type Listener = (entry: Entry, came: 'forward' | 'back') => void;

/** A step of ours that the browser has not taken by then will not come. */
const STEP_MS_MAX = 1000;

/** What is stored with an entry may be of another version of the app, or of nobody's. */
function entryOf(state: unknown): Entry {
  const { depth, page, sheets } = (state ?? {}) as Partial<Entry>;
  return { depth: depth ?? 0, page: page ?? 0, sheets: Array.isArray(sheets) ? sheets : [] };
}

class AppHistory {
  entry = entryOf(null);
  #listeners: Listener[] = [];
  #stepping = false;
  #timer = 0;
  #waiting: (() => void)[] = [];
  /** Entries outlive a reload: their numbers are not given again. */
  #page = Date.now();

  start(listeners: Listener[]): void {
    this.#listeners = listeners;
    addEventListener('popstate', () => this.#stepped());
    addEventListener('pageshow', (event) => {
      if (event.persisted) this.#stepped();
    });
    this.#take(entryOf(history.state), 'back');
  }

  push(url: string | URL, sheets: readonly number[] = []): void {
    this.soon(() => {
      const page = sheets.length > 0 ? this.entry.page : ++this.#page;
      const entry: Entry = { depth: this.entry.depth + 1, page, sheets };
      history.pushState(entry, '', url);
      this.#take(entry, 'forward');
    });
  }

  replace(url: string | URL, sheets: readonly number[] = []): void {
    this.soon(() => {
      const entry: Entry = { ...this.entry, sheets };
      history.replaceState(entry, '', url);
      this.#take(entry, 'forward');
    });
  }

  back(steps = 1): void {
    this.soon(() => {
      this.#stepping = true;
      this.#timer = window.setTimeout(() => this.#stepped(), STEP_MS_MAX);
      history.go(-steps);
    });
  }

  /** Now, or as soon as the step that is on its way has been taken. */
  soon(act: () => void): void {
    if (this.#stepping) this.#waiting.push(act);
    else act();
  }

  #stepped(): void {
    const entry = entryOf(history.state);
    this.#stepping = false;
    clearTimeout(this.#timer);
    this.#take(entry, entry.depth > this.entry.depth ? 'forward' : 'back');
    while (!this.#stepping && this.#waiting.length > 0) this.#waiting.shift()?.();
  }

  #take(entry: Entry, came: 'forward' | 'back'): void {
    this.entry = entry;
    for (const listener of this.#listeners) listener(this.entry, came);
  }
}

export const appHistory = new AppHistory();
