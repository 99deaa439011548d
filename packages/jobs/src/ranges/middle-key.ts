import { compareUtf8, maxKeyBytes } from '@oss-envelope/core/adapter';
import { middleText } from './middle-text.js';

/** The first key behind a place, or undefined: one small request. */
export type FirstKeyBehind = (place: string) => Promise<string | undefined>;

/** Halving ends by itself; this ends it where a server's answers contradict each other. */
const mostTries = 100;
const lastCharacter = '\u{10ffff}';

/**
 * A place that cuts keys in two, with keys on both sides. What all keys begin with is found first, by halving its length;
 * then the place, by halving between characters: an upper half without keys moves the end down.
 *
 * @param after - the keys lie behind it
 * @param until - and none behind this; undefined for no end
 * @param prefix - all of them begin with it; `''` for anything
 * @returns undefined where there are fewer than two keys
 */
export async function middleKey(
  {
    after,
    until,
    prefix,
  }: { readonly after: string; readonly until: string | undefined; readonly prefix: string },
  firstBehind: FirstKeyBehind,
): Promise<string | undefined> {
  const hasKeyBehind = async (place: string): Promise<boolean> => {
    const key = await firstBehind(place);
    return key?.startsWith(prefix) === true && (until === undefined || compareUtf8(key, until) <= 0);
  };
  const first = await firstBehind(after);
  if (first === undefined || !(await hasKeyBehind(first))) return undefined;
  const common = await commonPrefix(first, prefix, hasKeyBehind);
  // The first key has no other before it, so the lower side is never empty.
  const low = first.slice(common.length);
  let high = until?.startsWith(common) ? until.slice(common.length) : undefined;
  for (let tries = 0; tries < mostTries; tries++) {
    const middle = middleText(low, high);
    if (middle === undefined || !fitsKey(common + middle)) break;
    if (await hasKeyBehind(common + middle)) return common + middle;
    high = middle;
  }
  // Nothing fits between: the first key alone is a side.
  return first;
}

/** The longest beginning of the first key, from a known one on, that nothing lies behind. */
async function commonPrefix(
  first: string,
  known: string,
  hasKeyBehind: (place: string) => Promise<boolean>,
): Promise<string> {
  const characters = Array.from(first);
  let [shared, open] = [Array.from(known).length, characters.length + 1];
  while (open - shared > 1) {
    const length = Math.floor((shared + open) / 2);
    const last = characters.slice(0, length).join('') + lastCharacter;
    if (!fitsKey(last) || (await hasKeyBehind(last))) open = length;
    else shared = length;
  }
  return characters.slice(0, shared).join('');
}

/** OSS documentation, "ListObjectsV2": what a list starts after is shorter than 1,024 bytes. */
function fitsKey(text: string): boolean {
  return Buffer.byteLength(text) <= maxKeyBytes;
}
