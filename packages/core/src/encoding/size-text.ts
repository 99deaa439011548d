/** A size in bytes as headers have it, decimal digits of a safe integer; undefined for other text. */
export function parseSize(text: string): number | undefined {
  const size = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(size) ? size : undefined;
}
