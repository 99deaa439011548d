/**
 * How often a randomized test repeats itself: a tenth of `all` in `npm test`, and all of it in `npm run test:long`.
 * `OSS_ENVELOPE_TEST_SCALE` says another share: 0.5 is half of it, 10 ten times as much.
 *
 * @param share - of a test that is slow: what of it is enough in `npm test`
 * @throws Error when that variable is not a number above 0
 */
export function runs(all: number, share = 0.1): number {
  const text = process.env.OSS_ENVELOPE_TEST_SCALE ?? String(share);
  const scale = Number(text);
  if (!(scale > 0 && scale <= 1000)) {
    throw new Error(`OSS_ENVELOPE_TEST_SCALE must be a number above 0, at most 1000, and is '${text}'.`);
  }
  return Math.max(1, Math.ceil(all * scale));
}
