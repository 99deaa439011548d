import {
  type CounterEnvelope,
  decryptContent,
  EncryptedBucket,
  type FormatName,
  formatEnvelope,
  type KeyProvider,
  openContentKey,
  parseEnvelope,
} from '@oss-envelope/core';
import { defaultKmsAccount, type LocalKms, startKms } from '@oss-envelope/local-cloud';
import { kmsProvider } from '@oss-envelope/provider-kms';
import { rsaProvider } from '@oss-envelope/provider-rsa';
import { collect, inChunks, readVector, readVectorText, sha256, vectorNames } from '@oss-envelope/test-kit';
import { inTurn } from '@oss-envelope/test-kit/in-turn';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshWorld, transports } from '../support/world.js';

/** An object that an official SDK wrote, as `npm run vectors:record` recorded it. */
interface RecordedVector {
  readonly name: string;
  readonly writtenBy: string;
  readonly scheme: string;
  readonly format: FormatName;
  readonly description: Record<string, string>;
  readonly passphrase?: string;
  readonly headers: Record<string, string>;
  readonly kmsAnswers?: readonly { blob: string; plaintext: string; encryptionContext: string }[];
  readonly sizeBytes: number;
  readonly plaintextSha256: string;
  readonly ciphertextSha256: string;
}

const vectors = JSON.parse(readVectorText('recorded.json')) as RecordedVector[];
const pair = {
  publicKey: readVectorText('keys/test-key.spki.pem'),
  privateKey: readVectorText('keys/test-key.pkcs8.pem'),
};
const ciphertextOf = ({ name }: RecordedVector): Uint8Array => readVector(`${name}.ciphertext`);

let kms: LocalKms;

beforeAll(async () => {
  kms = await startKms();
  for (const { kmsAnswers = [] } of vectors) {
    for (const { blob, plaintext, encryptionContext } of kmsAnswers) {
      kms.answers.set(blob, { plaintext, encryptionContext });
    }
  }
});
afterAll(() => kms.close());

function providerOf({ scheme, description, passphrase }: RecordedVector): KeyProvider {
  const materialDescription = description;
  if (scheme.startsWith('rsa-')) return rsaProvider({ privateKey: pair.privateKey, materialDescription });
  return kmsProvider({
    endpoint: kms.url,
    credentials: { ...defaultKmsAccount },
    materialDescription,
    ...(passphrase === undefined ? {} : { passphrase }),
  });
}

function envelopeOf({ headers }: RecordedVector): CounterEnvelope {
  const state = parseEnvelope(headers);
  if (state.kind !== 'enveloped' || state.envelope.format === 'sealed') {
    throw new Error('no envelope was found');
  }
  return state.envelope;
}

describe('the recorded vectors', () => {
  it('are all there: every SDK, every way to wrap, and no body without a record', () => {
    const writers = new Set(vectors.map(({ writtenBy }) => writtenBy.replace(/ v?[\d.]+$/, '')));
    expect([...writers].sort()).toEqual([
      'Go alibabacloud-oss-go-sdk-v2',
      'Go aliyun-oss-go-sdk',
      'Java aliyun-sdk-oss',
      'Python alibabacloud-oss-v2',
      'Python oss2',
    ]);
    expect([...new Set(vectors.map(({ scheme }) => scheme))].sort()).toEqual([
      'kms-2018',
      'kms-2018-passphrase',
      'kms-oss2',
      'kms-oss2-passphrase',
      'kms-standard',
      'rsa-2018',
      'rsa-oaep',
      'rsa-pkcs1',
    ]);
    const bodies = vectorNames().filter((name) => name.endsWith('.ciphertext'));
    expect(bodies.sort()).toEqual(vectors.map(({ name }) => `${name}.ciphertext`).sort());
    expect(vectors.length).toBeGreaterThanOrEqual(40);
  });

  it.each(vectors)('$name: the ciphertext is what was recorded', (vector) => {
    expect(sha256(ciphertextOf(vector))).toBe(vector.ciphertextSha256);
  });
});

describe('the codec and the cipher', () => {
  it.each(vectors)('$name: whole, and in chunks of any size', async (vector) => {
    const key = await openContentKey(envelopeOf(vector), [providerOf(vector)]);
    const ciphertext = ciphertextOf(vector);
    // Byte by byte is slow for the large ones.
    for (const chunkBytes of [vector.sizeBytes > 1000 ? 997 : 1, 15, 16, 17, 65_536]) {
      const plaintext = await collect(decryptContent(inChunks(ciphertext, chunkBytes), key));
      expect(sha256(plaintext), `in chunks of ${chunkBytes}`).toBe(vector.plaintextSha256);
    }
  });

  it.each(vectors)('$name: the envelope is formatted as it was written', (vector) => {
    const envelope = envelopeOf(vector);
    expect(envelope.format).toBe(vector.format);
    expect(envelope.materialDescription).toEqual(vector.description);
    // A description's text differs from SDK to SDK; what it says does not.
    const parsed = (headers: Record<string, string>): Record<string, unknown> =>
      Object.fromEntries(
        Object.entries(headers).map(([name, value]) => [
          name,
          name.endsWith('matdesc') ? JSON.parse(value) : value,
        ]),
      );
    expect(parsed(formatEnvelope(envelope))).toEqual(parsed(vector.headers));
  });
});

const nextRow = inTurn(transports.length);
describe.each(transports)('a bucket over %s', (_, transportOf) => {
  const it = nextRow();
  const world = freshWorld();

  it.each(vectors)('opens $name: whole, as a stream, and in ranges', async (vector) => {
    const transport = transportOf(world);
    const { name, headers, format, sizeBytes, plaintextSha256 } = vector;
    await world.oss.putObject('bucket', name, ciphertextOf(vector), headers);
    const bucket = new EncryptedBucket({ transport, provider: providerOf(vector), format });
    const plaintext = await (await bucket.get(name)).bytes();
    expect(sha256(plaintext), name).toBe(plaintextSha256);
    expect(sha256(await collect((await bucket.get(name)).body)), `${name}, streamed`).toBe(plaintextSha256);

    const last = sizeBytes - 1;
    for (const [offsetBytes, endBytes] of [
      [0, 1],
      [15, 17],
      [17, 101],
      [last, sizeBytes],
      // Across the parts.
      [102_391, 102_409],
    ] as const) {
      if (offsetBytes < 0 || endBytes > sizeBytes) continue;
      const range = { offsetBytes, lengthBytes: endBytes - offsetBytes };
      const part = await (await bucket.get(name, { range })).bytes();
      expect(part, `${name}, ${offsetBytes} to ${endBytes}`).toEqual(
        plaintext.subarray(offsetBytes, endBytes),
      );
    }
    if (sizeBytes > 100) {
      const open = await (await bucket.get(name, { range: { offsetBytes: sizeBytes - 99 } })).bytes();
      expect(open, `${name}, open range`).toEqual(plaintext.subarray(-99));
      const suffix = await (await bucket.get(name, { range: { lastBytes: 7 } })).bytes();
      expect(suffix, `${name}, last bytes`).toEqual(plaintext.subarray(-7));
    }
  });
});
