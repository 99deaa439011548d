/**
 * Whether a value is an object of names and values, as a literal or JSON makes it, of this realm or another. An
 * array, a Map and Headers are not: their content is not in their properties.
 */
export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // Each realm has its own Object.prototype; all of them have this method of their own.
  return prototype === null || Object.hasOwn(prototype as object, 'isPrototypeOf');
}
