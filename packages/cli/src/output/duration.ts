/**
 * A time as people say it, in its two largest units: `45 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`.
 *
 * @param seconds - rounded up
 */
export function formatDuration(seconds: number): string {
  let left = Math.max(0, Math.ceil(seconds));
  const parts: string[] = [];
  for (const [unit, size] of units) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count > 0) parts.push(`${count} ${unit}`);
    // What is below the next smaller unit says nothing any more.
    if (parts.length > 0 && (parts.length === 2 || count === 0)) break;
  }
  return parts.join(' ') || '0 s';
}

const units = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
  ['s', 1],
] as const;
