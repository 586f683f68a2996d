// What she has searched for on this device, the last first. It is sent nowhere.

import { readJson, writeJson } from '../lib/storage';

const KEY = 'fs.searches';
const RECENT_MAX = 8;

function kept(): string[] {
  const list = readJson<unknown>(KEY, []);
  return Array.isArray(list) ? list.filter((one) => typeof one === 'string') : [];
}

class Recent {
  list = $state.raw(kept());

  add(q: string): void {
    this.put([q, ...this.list.filter((other) => other !== q)].slice(0, RECENT_MAX));
  }

  forget(q: string): void {
    this.put(this.list.filter((other) => other !== q));
  }

  put(list: string[]): void {
    this.list = list;
    writeJson(KEY, list);
  }
}

export const recent = new Recent();
