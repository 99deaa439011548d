import { PassThrough, Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import {
  bytesOf,
  isAsyncIterable,
  isBlob,
  isNodeReadable,
  isObject,
  isWebStream,
  wrongSize,
} from './content-kinds.js';

const iterable = { [Symbol.asyncIterator]: () => ({}) };
const values: Record<string, unknown> = {
  undefined,
  null: null,
  number: 5,
  text: 'abc',
  symbol: Symbol('a'),
  function: () => {},
  object: {},
  array: [1],
  bytes: new Uint8Array(3),
  buffer: new ArrayBuffer(3),
  blob: new Blob(['abc']),
  file: new File(['abc'], 'name'),
  'named like a blob': { [Symbol.toStringTag]: 'Blob' },
  'named like a blob with a stream': { [Symbol.toStringTag]: 'Blob', stream: true },
  'named around a blob': { [Symbol.toStringTag]: 'x[object Blob]', stream: () => {} },
  'named before a blob': { [Symbol.toStringTag]: 'x[object Blob', stream: () => {} },
  'named behind a blob': { [Symbol.toStringTag]: 'Blob]x', stream: () => {} },
  'a blob of a kind': { [Symbol.toStringTag]: 'BlobOfAKind', stream: () => {} },
  'web stream': new Blob(['abc']).stream(),
  'named like a web stream': { getReader: true },
  'Node stream': Readable.from(['abc']),
  'Node duplex': new PassThrough(),
  iterable,
  'iterable with a pipe': { ...iterable, pipe: () => {} },
  'iterable with listeners': { ...iterable, on: () => {} },
  'iterable with a pipe and no listeners': { ...iterable, pipe: () => {}, on: true },
  'iterable with a pipe and listeners': { ...iterable, pipe: () => {}, on: () => {} },
  'named like an iterable': { [Symbol.asyncIterator]: true },
};
const those = (is: (value: unknown) => boolean): string[] =>
  Object.entries(values).flatMap(([name, value]) => (is(value) ? [name] : []));

describe('a value', () => {
  it('is of the kinds that it is', () => {
    expect(those(isBlob)).toEqual(['blob', 'file']);
    expect(those(isWebStream)).toEqual(['web stream']);
    const nodes = ['Node stream', 'Node duplex', 'iterable with a pipe and listeners'];
    expect(those(isNodeReadable)).toEqual(nodes);
    expect(those(isAsyncIterable)).toEqual([
      'web stream',
      'Node stream',
      'Node duplex',
      'iterable',
      'iterable with a pipe',
      'iterable with listeners',
      'iterable with a pipe and no listeners',
      'iterable with a pipe and listeners',
    ]);
    const primitives = ['undefined', 'null', 'number', 'text', 'symbol', 'function'];
    expect(those((value) => !isObject(value))).toEqual(primitives);
    expect(those((value) => bytesOf(value) !== undefined)).toEqual(['text', 'bytes', 'buffer']);
  });

  it('in memory is its bytes', () => {
    expect(bytesOf('\u00e9')).toEqual(Uint8Array.of(0xc3, 0xa9));
    expect(bytesOf(values.bytes)).toBe(values.bytes);
    expect(bytesOf(new Uint8Array())).toHaveLength(0);
    expect(bytesOf(Uint8Array.of(1, 2).buffer)).toEqual(Uint8Array.of(1, 2));
    expect(bytesOf(new ArrayBuffer(0))).toHaveLength(0);
  });

  it('whose memory is gone has none', () => {
    const bytes = new Uint8Array(3);
    const { buffer } = bytes;
    structuredClone(buffer, { transfer: [buffer] });
    for (const gone of [bytes, buffer]) {
      expect(() => bytesOf(gone)).toThrow(
        expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT', argument: 'content' }),
      );
    }
  });
});

it('another size than declared is out of range', () => {
  expect(wrongSize(3, 'more')).toMatchObject({ code: 'ERR_OUT_OF_RANGE', argument: 'sizeBytes' });
});
