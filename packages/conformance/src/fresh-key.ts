/** The name of an object that no other case, run or runtime uses. */
export function freshKey(prefix = 'conformance/', suffix = ''): string {
  const random = crypto.getRandomValues(new Uint8Array(8));
  return `${prefix}${[...random].map((byte) => byte.toString(16).padStart(2, '0')).join('')}${suffix}`;
}
