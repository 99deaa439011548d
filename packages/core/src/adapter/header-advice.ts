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
  const advices = new Map<string | undefined, string>();
  const beginnings: string[] = [];
  for (const [advice, names] of Object.entries(namesByAdvice)) {
    for (const name of names.split(' ')) {
      advices.set(name, advice);
      if (name.endsWith('*')) beginnings.push(name);
    }
  }
  return (lowerName) =>
    advices.get(lowerName) ??
    advices.get(beginnings.find((beginning) => lowerName.startsWith(beginning.slice(0, -1))));
}
