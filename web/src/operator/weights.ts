// What an operator has typed for what reactions are worth. Pure.

import type { FeedWeights } from '../lib/types';

export type Typed = Record<string, string>;
type Weight = FeedWeights['weights'][number];

/** As it is typed: without grouping, the point as the language has it. */
export const written = (value: number, point: string): string => String(value).replace('.', point);

/** The number that was typed, with a point or a comma; null where it is none or out of range. */
export function parsed(text: string, most: number): number | null {
  const plain = text.trim().replace(',', '.').replace('−', '-');
  if (!/^[+-]?(\d+\.?\d*|\.\d+)$/.test(plain)) return null;
  const value = Number(plain);
  return Math.abs(value) <= most ? value : null;
}

export interface Change {
  head: string;
  from: number;
  to: number;
}

/** What would change, in the order of the heads. What is no number changes nothing. */
export function changes(weights: Weight[], typed: Typed, most: number): Change[] {
  return weights.flatMap(({ head, weight }) => {
    const to = parsed(typed[head] ?? '', most);
    return to === null || to === weight ? [] : [{ head, from: weight, to }];
  });
}

/** What a change does to clips that are likely to get the reaction. */
export function moves({ from, to }: Change): 'earlier' | 'later' | 'nothing' {
  if (to === 0) return 'nothing';
  return to > from ? 'earlier' : 'later';
}

/** What differs between two sets, by head. */
export function difference(before: Record<string, number>, after: Record<string, number>): Change[] {
  return Object.entries(after).flatMap(([head, to]) => {
    const from = before[head] ?? 0;
    return from === to ? [] : [{ head, from, to }];
  });
}
