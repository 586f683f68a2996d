// How she left a page (what a list had loaded, how far it was scrolled, which tab was open), by the
// visit to it: "back" finds it like that. Lives as long as the app is open.

import { appHistory } from './history';

const KEPT_MAX = 60;
const kept = new Map<string, unknown>();

export interface Keeper {
  recall<T>(name: string): T | undefined;
  keep(name: string, value: unknown): void;
}

/** Of the page that is open now; `name` tells apart what one page keeps. */
export function keeper(): Keeper {
  const { page } = appHistory.entry;
  return {
    recall: <T>(name: string) => kept.get(`${page}/${name}`) as T | undefined,
    keep(name, value) {
      kept.delete(`${page}/${name}`);
      kept.set(`${page}/${name}`, value);
      const oldest = kept.keys().next().value;
      if (kept.size > KEPT_MAX && oldest !== undefined) kept.delete(oldest);
    },
  };
}
