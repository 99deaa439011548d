import fc from 'fast-check';

const surrogates = 0x800;

/**
 * Any code point but half of a surrogate pair, as the unit of `fc.string`. fast-check's own `binary` is the same, and works
 * for most of a second before its first text.
 */
export const anyCharacter: fc.Arbitrary<string> = fc
  .nat({ max: 0x10ffff - surrogates })
  .map((point) => String.fromCodePoint(point < 0xd800 ? point : point + surrogates));
