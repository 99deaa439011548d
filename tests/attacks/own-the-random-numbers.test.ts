// The attacker owns the random numbers: a generator that is broken, guessed or replayed.
import { randomBytes } from 'node:crypto';
import { createContentKey, EncryptedBucket, encryptBytes } from '@oss-envelope/core';
import { rsaProvider } from '@oss-envelope/provider-rsa';
import { rsaPair } from '@oss-envelope/test-kit';
import { describe, expect, it } from 'vitest';
import { MemoryTransport } from '../../packages/core/test/memory-transport.js';
import { rsaPort as nodePort } from '../../packages/provider-rsa/src/port/node/rsa-port.js';
import { rsaPort as webPort } from '../../packages/provider-rsa/src/port/web/rsa-port.js';
import { rsaProviderOn } from '../../packages/provider-rsa/src/provider/rsa-provider.js';

const pair = await rsaPair();
const formats = ['sealed', 'oss-crypto', 'client-side-encryption'] as const;
type Source = (lengthBytes: number) => Uint8Array;

describe.each([
  ['node', nodePort],
  ['the web', webPort],
] as const)('of an RSA provider on %s', (_, port) => {
  const broken: readonly (readonly [string, Source])[] = [
    ['zeros', (lengthBytes) => new Uint8Array(lengthBytes)],
    ['too few bytes', (lengthBytes) => randomBytes(lengthBytes - 1)],
    ['nothing', () => new Uint8Array(0)],
    ['no bytes', () => 'abc' as unknown as Uint8Array],
    [
      'an error',
      () => {
        throw new RangeError('no entropy');
      },
    ],
  ];
  it.each(broken)('holds: %s are told, do not loop, and write nothing', async (_name, source) => {
    for (const format of formats) {
      const memory = new MemoryTransport();
      const provider = rsaProviderOn(port, { ...pair, randomBytes: source });
      const bucket = new EncryptedBucket({ transport: memory, provider, format });
      await expect(bucket.put('k', 'content')).rejects.toThrow(/randomBytes must|no entropy/);
      expect(memory.objects.size).toBe(0);
    }
  });

  it('holds: a failure is not kept: the next call asks again', async () => {
    const memory = new MemoryTransport();
    let isBroken = true;
    const source: Source = (lengthBytes) =>
      isBroken ? new Uint8Array(lengthBytes) : randomBytes(lengthBytes);
    const provider = rsaProviderOn(port, {
      ...pair,
      randomBytes: source,
      allowPkcs1DecryptionInJavaScript: true,
    });
    for (const format of formats) {
      const bucket = new EncryptedBucket({ transport: memory, provider, format });
      isBroken = true;
      await expect(bucket.put('k', 'content')).rejects.toThrow(/randomBytes must/);
      isBroken = false;
      await bucket.put('k', 'content');
      expect(await (await bucket.get('k')).text()).toBe('content');
    }
  });

  it('cannot hold: who replays them has the key, and sees what two contents have in common', async () => {
    const replayed: Source = (lengthBytes) => new Uint8Array(lengthBytes).fill(7);
    const provider = rsaProviderOn(port, { ...pair, randomBytes: replayed });
    const [one, two] = [Buffer.from('pay Ada 10'), Buffer.from('pay Bob 99')];
    const bodies = await Promise.all(
      [one, two].map(async (content) => {
        const { contentKey } = await createContentKey(provider, 'oss-crypto', { randomBytes: replayed });
        return Buffer.from(await encryptBytes(content, contentKey));
      }),
    );
    expect(xor(bodies[0]!, bodies[1]!).equals(xor(one, two))).toBe(true);
  });
});

it.each(['oss-crypto', 'client-side-encryption'] as const)(
  'holds: the start value of %s that a broken source gives is no key: contents of two objects share nothing',
  async (format) => {
    const memory = new MemoryTransport();
    const zeros: Source = (lengthBytes) => new Uint8Array(lengthBytes);
    const bucket = new EncryptedBucket({
      transport: memory,
      provider: rsaProvider(pair),
      format,
      randomBytes: zeros,
    });
    const content = Buffer.alloc(1000, 7);
    const written = await Promise.all(
      ['a', 'b'].map((key) =>
        bucket.put(key, content).then(
          () => true,
          (error: { code: string }) => error.code !== 'ERR_OUT_OF_RANGE',
        ),
      ),
    );
    if (!written[0]) return expect(memory.objects.size).toBe(0);
    const [a, b] = ['a', 'b'].map((key) => memory.objects.get(key)!.bytes) as [Uint8Array, Uint8Array];
    expect(a.filter((byte, index) => byte === b[index]).length).toBeLessThan(100);
  },
);

function xor(a: Buffer, b: Buffer): Buffer {
  return a.map((byte, index) => byte ^ b[index]!) as Buffer;
}
