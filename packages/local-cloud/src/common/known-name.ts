/**
 * Refuses a fault of a kind, or at an operation, that there is not: it would never strike, and a test with it would prove
 * nothing.
 *
 * @param what - such as `fault of kind`
 * @param names - those that there are
 * @throws {RangeError} that names them
 */
export function assertKnown(what: string, name: unknown, names: Iterable<string>): void {
  const all = [...names];
  if (typeof name === 'string' && all.includes(name)) return;
  const shown = typeof name === 'string' ? JSON.stringify(name) : `that is of the type ${typeof name}`;
  throw new RangeError(`There is no ${what} ${shown}: ${all.join(', ')}`);
}
