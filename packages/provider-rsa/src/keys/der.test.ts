import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { derTag, formatDer, parseDer, parseDerSequence } from './der.js';

const bytes = (...values: number[]) => Uint8Array.from(values);
const filled = (lengthBytes: number) => new Uint8Array(lengthBytes).fill(7);

describe('the length of a value', () => {
  it.each([
    [0, [4, 0]],
    [0x7f, [4, 0x7f]],
    [0x80, [4, 0x81, 0x80]],
    [0xff, [4, 0x81, 0xff]],
    [0x100, [4, 0x82, 1, 0]],
    [0x1234, [4, 0x82, 0x12, 0x34]],
    [0xffff, [4, 0x82, 0xff, 0xff]],
  ])('of %i bytes', (lengthBytes, head) => {
    const der = formatDer(derTag.octetString, filled(lengthBytes));
    expect([...der.subarray(0, head.length)]).toEqual(head);
    expect(der.length).toBe(head.length + lengthBytes);
    expect(parseDer(der)).toEqual([{ tag: 4, content: filled(lengthBytes) }]);
  });

  it('may have three bytes, and no more', () => {
    expect(parseDer(bytes(4, 0x81, 0))).toEqual([{ tag: 4, content: bytes() }]);
    expect(parseDer(bytes(4, 0x83, 0, 0, 1, 9))).toEqual([{ tag: 4, content: bytes(9) }]);
    expect(parseDer(bytes(4, 0x83, 1, 0, 2, ...filled(0x10002)))).toEqual([
      { tag: 4, content: filled(0x10002) },
    ]);
    expect(parseDer(bytes(4, 0x84, 0, 0, 0, 1, 9))).toBeUndefined();
  });

  it('may not be indefinite, nor beyond the end', () => {
    expect(parseDer(bytes(4, 0x80, 9, 0, 0))).toBeUndefined();
    expect(parseDer(bytes(4, 0x80))).toBeUndefined();
    expect(parseDer(bytes(4, 0x80, ...filled(0x80)))).toBeUndefined();
    expect(parseDer(bytes(4))).toBeUndefined();
    expect(parseDer(bytes(4, 2, 9))).toBeUndefined();
    expect(parseDer(bytes(4, 0x82, 0))).toBeUndefined();
    expect(parseDer(bytes(4, 0x81))).toBeUndefined();
  });
});

describe('values', () => {
  it('stand one after another', () => {
    expect(parseDer(bytes(2, 1, 5, 5, 0, 4, 2, 8, 9))).toEqual([
      { tag: 2, content: bytes(5) },
      { tag: 5, content: bytes() },
      { tag: 4, content: bytes(8, 9) },
    ]);
    expect(parseDer(bytes())).toEqual([]);
    expect(parseDer(bytes(5, 0, 4))).toBeUndefined();
  });

  it('are joined parts', () => {
    expect(formatDer(derTag.sequence, bytes(1, 2), bytes(), bytes(3))).toEqual(bytes(0x30, 3, 1, 2, 3));
    expect(formatDer(derTag.null)).toEqual(bytes(5, 0));
  });

  it('are inside one sequence', () => {
    const inside = formatDer(derTag.integer, bytes(7));
    const sequence = formatDer(derTag.sequence, inside);
    expect(parseDerSequence(sequence)).toEqual([{ tag: 2, content: bytes(7) }]);
    expect(parseDerSequence(inside)).toBeUndefined();
    expect(parseDerSequence(formatDer(derTag.octetString, inside))).toBeUndefined();
    expect(parseDerSequence(bytes(...sequence, ...sequence))).toBeUndefined();
    expect(parseDerSequence(bytes(...sequence, 1))).toBeUndefined();
    expect(parseDerSequence(bytes())).toBeUndefined();
    expect(parseDerSequence(bytes(0x30, 2, 2, 5))).toBeUndefined();
  });

  it('are what was written, whatever it was', () => {
    const value = fc.record({ tag: fc.nat(255), content: fc.uint8Array({ maxLength: 300 }) });
    fc.assert(
      fc.property(fc.array(value, { maxLength: 4 }), (values) => {
        const der = bytes(...values.flatMap(({ tag, content }) => [...formatDer(tag, content)]));
        expect(parseDer(der)).toEqual(
          values.map(({ tag, content }) => ({ tag, content: bytes(...content) })),
        );
      }),
    );
  });
});
