/** What this version of the app has cards for. */
const KINDS: readonly string[] = ['video'];

/** A page without entries of kinds that came after this version of the app. */
export const known = <T extends { items: { kind: string }[] }>(page: T): T => ({
  ...page,
  items: page.items.filter(({ kind }) => KINDS.includes(kind)),
});
