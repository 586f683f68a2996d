// The server names each refusal by a word (`reason`) with values; languages are keyed by the word.

import type { Failure } from './types';

/** By reason: its sentence, with `{name}`, `{name:bytes}` or `{name:ms}` for the values. */
export type Problems = Record<string, string>;

/** What the server says of a failure: `detail` in English, or her language by `reason`. */
export type Reasoned = Partial<Failure> & Pick<Failure, 'detail'>;

/** How values are said: `exact` when two of one kind would read the same. */
export interface Says {
  plain: (value: string | number) => string;
  bytes: (value: number, exact: boolean) => string;
  ms: (value: number, exact: boolean) => string;
}

const MARK = /\{(\w+)(?::(bytes|ms))?\}/g;

/** The sentence of `problem` from `table`, or its detail when the table lacks it. */
export function sentence(table: Problems, problem: Reasoned, says: Says): string {
  const { reason, detail, arguments: values = {} } = problem;
  if (reason === undefined || !Object.hasOwn(table, reason)) return detail;
  const template = table[reason] ?? detail;
  const marks = [...template.matchAll(MARK)];
  const said = (name: string, kind: 'bytes' | 'ms', exact: boolean) =>
    says[kind](Number(values[name]), exact);
  return template.replace(MARK, (mark, name: string, kind?: 'bytes' | 'ms') => {
    const value = values[name];
    if (value === undefined) return mark;
    if (kind === undefined || typeof value !== 'number') return says.plain(value);
    const text = said(name, kind, false);
    const twin = marks.some(
      ([, other = '', otherKind]) =>
        other !== name && otherKind === kind && values[other] !== value && said(other, kind, false) === text,
    );
    return twin ? said(name, kind, true) : text;
  });
}
