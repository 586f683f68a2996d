import { describe, expect, it } from 'vitest';
import { isolated } from './format';

describe('isolated', () => {
  it.each(['שלום', 'a مرحبا', '\u202Eabc', 'ދިވެހި', '𞤀𞤁'])('sets %j apart', (text) => {
    expect(isolated(text)).toBe(`\u2068${text}\u2069`);
  });

  it.each(['Ada', 'Ärger', 'にほんご', '12:30', '👋🏽'])('leaves %j as it is', (text) => {
    expect(isolated(text)).toBe(text);
  });
});
