// What was handed out, as curves. Pure.

type Values = (number | null)[];

/** Of counts over several minutes. */
export const perMinute = (counts: Values, minutes: number[]): Values =>
  counts.map((count, i) => (count === null ? null : count / (minutes[i] ?? 1)));

export interface RouteLine {
  /** Empty: the others together. */
  route: string;
  values: Values;
}

/** The ways that gave most, at most `most` lines; what is left is one of them. */
export function routeLines(routes: Record<string, Values>, most: number): RouteLine[] {
  const sum = (values: Values) => values.reduce<number>((all, one) => all + (one ?? 0), 0);
  const lines = Object.entries(routes)
    .map(([route, values]) => ({ route, values }))
    .filter(({ values }) => sum(values) > 0)
    .sort((a, b) => sum(b.values) - sum(a.values));
  if (lines.length <= most) return lines;
  const rest = lines.slice(most - 1);
  const others = (lines[0]?.values ?? []).map((_, i) =>
    rest.reduce((all, one) => all + (one.values[i] ?? 0), 0),
  );
  return [...lines.slice(0, most - 1), { route: '', values: others }];
}
