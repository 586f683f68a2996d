// Strings in message files. English is in the bundle; other languages are loaded when chosen.

import { en, type MessageKey, type Messages } from '../messages/en';
import { serverNow } from './clock';
import { capitalised, isolated } from './format';
import { sentence, type Problems, type Reasoned, type Says } from './problems';
import { read, write } from './storage';

export const LANGUAGES: Record<string, string> = { en: 'English', de: 'Deutsch' };

interface Language {
  messages: Messages;
  problems: Problems;
}

const english: Language = { messages: en, problems: {} };
const loaders: Record<string, () => Promise<Language>> = {
  de: async () => {
    const [messages, problems] = await Promise.all([
      import('../messages/de'),
      import('../messages/de.problems'),
    ]);
    return { messages: messages.de, problems: problems.de };
  },
};
const KEY = 'fs.language';

type Values = Record<string, string | number>;
export type Chapter<M> = { en: M } & Partial<Record<string, M>>;

class I18n {
  language = $state('en');
  #messages = $state.raw<Messages>(en);
  #problems = $state.raw(english.problems);

  async start(): Promise<void> {
    const kept = read(KEY);
    const wished = kept ? [kept] : navigator.languages;
    const choice = wished.map((tag) => tag.split('-')[0] ?? '').find((tag) => tag in LANGUAGES);
    await this.use(choice ?? 'en');
  }

  async use(language: string, remember = false): Promise<void> {
    if (!(language in LANGUAGES)) return;
    let chosen = english;
    try {
      chosen = (await loaders[language]?.()) ?? english;
      this.language = language;
    } catch {
      // A file could not be fetched: English is better than nothing.
      this.language = 'en';
    }
    this.#messages = chosen.messages;
    this.#problems = chosen.problems;
    document.documentElement.lang = this.language;
    if (remember) write(KEY, language);
  }

  /** The sentence for `key`; `{name}` is replaced, `n` chooses between `key` and `key_one`. */
  t(key: MessageKey, values: Values = {}): string {
    return this.#say(this.#messages, key, values);
  }

  /** The same of sentences that come with a page: `chapter` has them by language. */
  of<M extends Record<string, string>>(
    chapter: Chapter<M>,
    key: keyof M & string,
    values: Values = {},
  ): string {
    return this.#say(chapter[this.language] ?? chapter.en, key, values);
  }

  #say(messages: Record<string, string>, key: string, values: Values): string {
    let text = messages[key] ?? key;
    if (values['n'] === 1) text = messages[`${key}_one`] ?? text;
    return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
      const value = values[name];
      if (value === undefined) return whole;
      return typeof value === 'number' ? this.number(value) : isolated(value);
    });
  }

  /** What the server says of a failure in her language, or as it came, begun as a sentence begins. */
  problem(problem: Reasoned): string {
    const says: Says = {
      plain: (value) => (typeof value === 'number' ? this.number(value) : isolated(value)),
      bytes: (value, exact) => (exact ? `${this.number(value)} bytes` : this.size(value)),
      ms: (value, exact) => this.duration(value, exact),
    };
    return capitalised(sentence(this.#problems, problem, says));
  }

  /** With `digits` always so many behind the point: for columns. */
  number(value: number, digits?: number): string {
    return new Intl.NumberFormat(this.language, {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    }).format(value);
  }

  /** 1.2K instead of 1,234: for counts beside icons. */
  compact(value: number): string {
    return new Intl.NumberFormat(this.language, {
      notation: 'compact',
      maximumFractionDigits: value < 10_000 ? 1 : 0,
    }).format(value);
  }

  percent(value: number, digits = 0): string {
    return new Intl.NumberFormat(this.language, {
      style: 'percent',
      maximumFractionDigits: digits,
    }).format(value);
  }

  /** 8388608 → "8.4 MB", as the server says it */
  size(bytes: number): string {
    if (bytes < 1e3) return `${this.number(bytes)} ${bytes === 1 ? 'byte' : 'bytes'}`;
    if (bytes < 1e6) return `${this.number(Math.round(bytes / 1e3))} kB`;
    if (bytes < 1e9) return `${this.number(bytes / 1e6, 1)} MB`;
    return `${this.number(bytes / 1e9, 2)} GB`;
  }

  /** 65000 → "1 min 5 s", as the server says it; `exact` to the millisecond. */
  duration(ms: number, exact = false): string {
    if (exact || ms < 59_950) {
      const minutes = Math.floor(ms / 60_000);
      const seconds = this.number((ms % 60_000) / 1000, exact ? undefined : 1);
      return minutes > 0 ? `${this.number(minutes)} min ${seconds} s` : `${seconds} s`;
    }
    const seconds = Math.round(ms / 1000);
    if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
    return `${this.number(Math.floor(seconds / 3600))} h ${Math.floor(seconds / 60) % 60} min`;
  }

  date(ms: number): string {
    return new Intl.DateTimeFormat(this.language, { dateStyle: 'medium', timeStyle: 'short' }).format(ms);
  }

  ago(ms: number, nowMs = serverNow()): string {
    const seconds = Math.max(0, (nowMs - ms) / 1000);
    const steps: [Intl.RelativeTimeFormatUnit, number][] = [
      ['year', 31_536_000],
      ['month', 2_592_000],
      ['week', 604_800],
      ['day', 86_400],
      ['hour', 3600],
      ['minute', 60],
    ];
    for (const [unit, size] of steps) {
      if (seconds >= size) {
        return new Intl.RelativeTimeFormat(this.language, {
          numeric: 'auto',
          style: 'narrow',
        }).format(-Math.floor(seconds / size), unit);
      }
    }
    return this.t('now');
  }
}

export const i18n = new I18n();
export const t = (key: MessageKey, values?: Values): string => i18n.t(key, values);
