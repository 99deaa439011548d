/**
 * Refuses a fault of a kind that there is not: it would never strike, and a test with it would prove nothing.
 *
 * @param kinds - those that there are
 * @throws {RangeError} that names them
 */
export function assertFaultKind(kind: string, kinds: Readonly<Record<string, true>>): void {
  if (Object.hasOwn(kinds, kind)) return;
  throw new RangeError(`There is no fault of kind ${JSON.stringify(kind)}: ${Object.keys(kinds).join(', ')}`);
}
