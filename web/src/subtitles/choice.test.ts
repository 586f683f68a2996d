import { expect, it } from 'vitest';
import { likeliest } from './choice.svelte';

const tracks = (...languages: string[]) => languages.map((language) => ({ language, label: '', url: '' }));
const chosen = (there: string[], ...wished: string[]) => likeliest(tracks(...there), wished)?.language;

it('takes the language that she chose before the one of the app and that of the clip', () => {
  expect(chosen(['de', 'en', 'fr'], 'fr', 'en', 'de')).toBe('fr');
  expect(chosen(['de', 'en'], 'fr', 'en', 'de')).toBe('en');
  expect(chosen(['de', 'es'], '', 'en', 'de')).toBe('de');
});

it('takes the same language of another country before another language', () => {
  expect(chosen(['de', 'pt-BR'], 'pt-PT', 'en')).toBe('pt-BR');
  expect(chosen(['zh-Hans', 'zh-Hant'], 'zh-Hant', 'en')).toBe('zh-Hant');
});

it('takes any where none is wished, and none where there is none', () => {
  expect(chosen(['fi', 'sv'], '', 'en')).toBe('fi');
  expect(chosen([], 'en')).toBeUndefined();
});
