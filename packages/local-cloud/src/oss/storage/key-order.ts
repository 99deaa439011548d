const firstSurrogate = 0xd800;
const firstBehindSurrogates = 0xe000;

/** Order of UTF-8 bytes, in which OSS lists keys. */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(i);
    if (left === right) continue;
    // Halves of pairs are numbers below U+E000, and stand for characters above U+FFFF.
    const leftIsHalf = left >= firstSurrogate && left < firstBehindSurrogates;
    const rightIsHalf = right >= firstSurrogate && right < firstBehindSurrogates;
    if (leftIsHalf !== rightIsHalf) return leftIsHalf ? 1 : -1;
    return left - right;
  }
  return a.length - b.length;
}
