// Texts between texts, in the order of their UTF-8 bytes, which is that of their code points.

/** One more than the largest code point. */
const endOfCodePoints = 0x110000;
/** Where alphabets end that keys are made of: ASCII, two bytes of UTF-8, three bytes of it. Tried first where an end is open. */
const landmarks = [0x7f, 0x800, 0xd7ff];

/**
 * A text above `low` and below `high`, about halfway by the first character that differs.
 *
 * @param high - undefined for no end
 * @returns undefined where there is none
 */
export function middleText(low: string, high: string | undefined): string | undefined {
  const lower = codePoints(low);
  const upper = high === undefined ? undefined : codePoints(high);
  const middle: number[] = [];
  let isBelowHigh = upper === undefined;
  for (let index = 0; index <= lower.length + 1; index++) {
    // Behind its end a text is below every character.
    const from = lower[index] ?? -1;
    const to = isBelowHigh ? endOfCodePoints : (upper?.[index] ?? -1);
    const halved = between(from, to);
    if (halved !== undefined) {
      return String.fromCodePoint(...middle, halved);
    }
    if (from < 0) {
      // `low` ends here: only what begins with it and with the first character of `high` is left.
      if (to < 0) return undefined;
      middle.push(to);
      continue;
    }
    middle.push(from);
    if (from < to) isBelowHigh = true;
  }
  return undefined;
}

/** A code point above one and below another that UTF-8 can hold; undefined for none. */
function between(from: number, to: number): number | undefined {
  if (to - from < 2) return undefined;
  const landmark = to > 0xffff ? landmarks.find((at) => at > from + 1) : undefined;
  const middle = landmark ?? Math.floor((from + to) / 2);
  // Half of a pair is no character.
  if (middle < 0xd800 || middle > 0xdfff) return middle;
  if (from < 0xd7ff) return 0xd7ff;
  return to > 0xe000 ? 0xe000 : undefined;
}

function codePoints(text: string): readonly number[] {
  return Array.from(text, (character) => character.codePointAt(0) as number);
}
