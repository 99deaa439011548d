/**
 * What a caller does instead of setting a header; undefined for one that the caller may set.
 *
 * @param lowerName - its name in lower case
 */
export type HeaderAdvice = (lowerName: string) => string | undefined;

/**
 * Looks headers up in lists of them.
 *
 * @param namesByAdvice - names in lower case, with a blank between them. One ends in `*` where all names that begin so
 *   are meant
 */
export function adviceByHeader(namesByAdvice: Readonly<Record<string, string>>): HeaderAdvice {
  const advices = new Map<string, string>();
  for (const [advice, names] of Object.entries(namesByAdvice)) {
    for (const name of names.split(' ')) advices.set(name, advice);
  }
  const beginnings = [...advices.keys()].filter((name) => name.endsWith('*'));
  return (lowerName) =>
    advices.get(lowerName) ??
    advices.get(beginnings.find((name) => lowerName.startsWith(name.slice(0, -1))) ?? '');
}
