import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { availableCrc64Implementations, crc64, createCrc64, formatCrc64, parseCrc64 } from '../src/index.js';
import { noise } from './noise.js';

const text = new TextEncoder();

function squares(sizeBytes: number): Uint8Array {
  return Uint8Array.from({ length: sizeBytes }, (_, i) => Math.floor((i * i) / 8) % 256);
}

/** The check value of the CRC catalogues, then what `xz --list -vv` of XZ Utils 5.4 shows for these contents. */
const vectors: [name: string, bytes: Uint8Array, crc: bigint][] = [
  ['nothing', new Uint8Array(0), 0n],
  ['the check string', text.encode('123456789'), 0x995dc9bbdf1939fan],
  ['a', text.encode('a'), 0x330284772e652b05n],
  ['hello world', text.encode('hello world'), 0x53037ecdef2352dan],
  ['300001 bytes', squares(300_001), 0xda5cd07773756ad9n],
];

test('Node has every implementation, the fastest first', () => {
  expect(availableCrc64Implementations()).toEqual(['wasm-simd', 'wasm', 'js']);
});

describe.each(availableCrc64Implementations())('%s', (implementation) => {
  test.each(vectors)('gives the known CRC of %s', (_, bytes, crc) => {
    const running = createCrc64({ implementation });
    running.update(bytes);
    expect(running.digest()).toBe(crc);
  });

  test('goes on after a digest, and gives the same digest twice', () => {
    const bytes = noise(400_000, 3);
    const running = createCrc64({ implementation });
    for (let at = 0; at < bytes.length; at += 50_000) {
      running.update(bytes.subarray(at, at + 50_000));
      expect(running.digest()).toBe(crc64(bytes.subarray(0, at + 50_000)));
      expect(running.digest()).toBe(running.digest());
    }
  });

  test('goes on from the CRC of the bytes before', () => {
    const bytes = noise(300_000, 4);
    for (const cut of [0, 1, 7, 856, 857, 32_767, 150_000, 299_999, 300_000]) {
      const resumed = createCrc64({ initial: crc64(bytes.subarray(0, cut)), implementation });
      resumed.update(bytes.subarray(cut));
      expect(resumed.digest()).toBe(crc64(bytes));
    }
  });

  test('keeps more streams apart than it has room to fold', () => {
    const streams = Array.from({ length: 50 }, (_, i) => ({
      bytes: noise(200_000 + i, i + 1),
      running: createCrc64({ implementation }),
      at: 0,
    }));
    const strides = noise(4_000, 9);
    let turn = 0;
    while (streams.some(({ at, bytes }) => at < bytes.length)) {
      const stream = streams[(turn * 7) % streams.length]!;
      const size = (turn % 5 === 0 ? 70_000 : 300) + strides[turn % strides.length]! * 40;
      stream.running.update(stream.bytes.subarray(stream.at, stream.at + size));
      stream.at += size;
      turn++;
    }
    for (const { bytes, running } of streams) expect(running.digest()).toBe(crc64(bytes));
  });

  test('neither changes nor keeps the bytes', () => {
    const bytes = noise(200_000, 5);
    const before = bytes.slice();
    const running = createCrc64({ implementation });
    running.update(bytes);
    expect(bytes).toEqual(before);
    bytes.fill(0);
    expect(running.digest()).toBe(crc64(before));
  });

  test('takes a Buffer, shared memory, and an array of another realm', () => {
    const bytes = noise(100_003, 6);
    const shared = new Uint8Array(new SharedArrayBuffer(bytes.length + 5), 5);
    shared.set(bytes);
    const foreign = runInNewContext('(bytes) => Uint8Array.from(bytes)')(bytes) as Uint8Array;
    expect(foreign instanceof Uint8Array).toBe(false);
    for (const same of [Buffer.from(bytes), shared, foreign]) {
      const running = createCrc64({ implementation });
      running.update(same);
      expect(running.digest()).toBe(crc64(bytes));
    }
  });

  test.each([['text'], [[1, 2]], [new ArrayBuffer(4)], [new Int8Array(4)], [undefined]])(
    'refuses %o for bytes',
    (value) => {
      const running = createCrc64({ implementation });
      expect(() => running.update(value as unknown as Uint8Array)).toThrow(TypeError);
      expect(running.digest()).toBe(0n);
    },
  );
});

test.each([-1n, 1n << 64n, 1 as unknown as bigint])('refuses %s to go on from', (initial) => {
  expect(() => createCrc64({ initial })).toThrow(RangeError);
});

test.each(['fast', 'toString', ''])('refuses the implementation "%s"', (implementation) => {
  expect(() => createCrc64({ implementation: implementation as 'js' })).toThrow(TypeError);
});

describe('the text of the header', () => {
  test.each([
    [0n, '0'],
    [0x995dc9bbdf1939fan, '11051210869376104954'],
    [(1n << 64n) - 1n, '18446744073709551615'],
  ])('%s', (value, header) => {
    expect(formatCrc64(value)).toBe(header);
    expect(parseCrc64(header)).toBe(value);
  });

  test('leading zeros are digits', () => {
    expect(parseCrc64('00000000000000000007')).toBe(7n);
  });

  test.each([
    '',
    ' 1',
    '1 ',
    '1\n',
    '-1',
    '+1',
    '0x1',
    '1.0',
    '1e3',
    '1n',
    '１',
    '18446744073709551616',
    '000000000000000000001',
  ])('refuses %j', (header) => {
    expect(parseCrc64(header)).toBeUndefined();
  });

  test.each([-1n, 1n << 64n, 5 as unknown as bigint])('refuses to format %s', (value) => {
    expect(() => formatCrc64(value)).toThrow(RangeError);
  });
});
