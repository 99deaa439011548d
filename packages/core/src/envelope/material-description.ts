import type { MaterialDescription } from '../contract/key-provider.js';

/** Whether two descriptions name the same master key: equal pairs in any order. */
export function equalMaterialDescriptions(a: MaterialDescription, b: MaterialDescription): boolean {
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && a[name] === b[name])
  );
}

/**
 * The JSON text of a description, or `undefined` for an empty one: compact, names sorted, everything outside
 * printable ASCII escaped, since it travels in an HTTP header. The C++ SDK writes the same text, and the Go and Java
 * SDKs do for plain letters and digits; some of them compare the text, not the pairs.
 */
export function formatMaterialDescription(description: MaterialDescription): string | undefined {
  const names = Object.keys(description);
  if (names.length === 0) return undefined;
  const pairs = names.sort().map((name) => `${JSON.stringify(name)}:${JSON.stringify(description[name])}`);
  return `{${pairs.join(',')}}`.replace(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
