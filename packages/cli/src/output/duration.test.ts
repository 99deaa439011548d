import { expect, it } from 'vitest';
import { formatDuration } from './duration.js';

it.each([
  [0, '0 s'],
  [0.2, '1 s'],
  [59.5, '1 min'],
  [61, '1 min 1 s'],
  [3600, '1 h'],
  [3605, '1 h'],
  [7500, '2 h 5 min'],
  [100_000, '1 d 3 h'],
  [86_400 * 400, '400 d'],
])('%d seconds are %s', (seconds, text) => {
  expect(formatDuration(seconds)).toBe(text);
});
