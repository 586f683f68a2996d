// What this device remembers: theme, data saver, whether clips that flash are passed over, and the
// clips it has shown (for the feed that is not based on a profile).

import { read, readJson, write, writeJson } from './storage';

export type Theme = 'system' | 'dark' | 'light';
const SHOWN_MAX = 100;
const SHOWN_KEY = 'fs.shown';

interface Connection {
  saveData?: boolean;
}

class Settings {
  theme = $state<Theme>('system');
  #saver = $state<boolean | null>(null);
  #skipsFlashes = $state(read('fs.skip_flashes') === '1');
  #shown: string[] = readJson<string[]>(SHOWN_KEY, []);

  constructor() {
    const theme = read('fs.theme');
    if (theme === 'dark' || theme === 'light') this.theme = theme;
    const saver = read('fs.saver');
    if (saver !== null) this.#saver = saver === '1';
    if (!Array.isArray(this.#shown)) this.#shown = [];
  }

  /** Chosen by hand, or else what the browser's own switch says. */
  get saver(): boolean {
    const link = (navigator as { connection?: Connection }).connection;
    return this.#saver ?? link?.saveData ?? false;
  }

  set saver(on: boolean) {
    this.#saver = on;
    write('fs.saver', on ? '1' : '0');
  }

  /** Clips that flash are passed over in feeds. */
  get skipsFlashes(): boolean {
    return this.#skipsFlashes;
  }

  set skipsFlashes(on: boolean) {
    this.#skipsFlashes = on;
    write('fs.skip_flashes', on ? '1' : '0');
  }

  setTheme(theme: Theme): void {
    this.theme = theme;
    write('fs.theme', theme);
    this.applyTheme();
  }

  applyTheme(): void {
    const root = document.documentElement;
    if (this.theme === 'system') delete root.dataset['theme'];
    else root.dataset['theme'] = this.theme;
  }

  get shown(): string[] {
    return this.#shown;
  }

  noteShown(id: string): void {
    this.#shown = [id, ...this.#shown.filter((other) => other !== id)].slice(0, SHOWN_MAX);
    writeJson(SHOWN_KEY, this.#shown);
  }
}

export const settings = new Settings();
