import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { readVectorText } from './vector-files.js';

/** An object that other software encrypted. */
export interface ForeignObject {
  readonly name: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly ciphertext: Uint8Array;
  readonly plaintextSha256: string;
  /** What the key service answers: the Plaintext for each CiphertextBlob. Empty under RSA. */
  readonly kmsAnswers: ReadonlyMap<string, string>;
  /** The requests that the writer made to the key service, in order: the kind and its parameters. */
  readonly kmsLog: readonly (readonly [string, Readonly<Record<string, unknown>>])[];
}

interface GeneratedRecord {
  readonly meta: Record<string, string>;
  readonly ciphertext_b64: string;
  readonly plaintext_sha256: string;
  readonly kms_log?: [string, Record<string, unknown>][];
}

/** What the official SDKs' code wrote when it was run for this purpose, by name (`tests/vectors/generated.json`). */
export function generatedObjects(): ReadonlyMap<string, ForeignObject> {
  const records = JSON.parse(readVectorText('generated.json')) as Record<string, GeneratedRecord>;
  return new Map(
    Object.entries(records).map(([name, record]) => [
      name,
      {
        name,
        headers: record.meta,
        ciphertext: Uint8Array.from(Buffer.from(record.ciphertext_b64, 'base64')),
        plaintextSha256: record.plaintext_sha256,
        kmsAnswers: new Map(Object.values(record.meta).flatMap(answersOfStandIn)),
        kmsLog: record.kms_log ?? [],
      },
    ]),
  );
}

/** What the KMS of the generated records hid in a wrapped value: base64(UUID + base64(JSON)), perhaps once more. */
function answersOfStandIn(header: string): [string, string][] {
  const candidates = [header, Buffer.from(header, 'base64').toString('latin1')];
  for (const blob of candidates) {
    try {
      const inner = Buffer.from(blob, 'base64').toString('latin1').slice(36);
      const { p } = JSON.parse(Buffer.from(inner, 'base64').toString()) as { p: string };
      if (typeof p === 'string') return [[blob, p]];
    } catch {
      // Not a blob of that KMS; an algorithm's name, say.
    }
  }
  return [];
}

// The golden objects are files of the official SDKs' own tests. They are not copied into this project: they are read
// where they lie beside it.
const goldenFolder = fileURLToPath(new URL('../../../../shared/vectors/official/', import.meta.url));

const jpeg = 'a2be45fe15e5b84f542a139d0f20bbc57c12ae7dc9e71e9629d85c88a06656a5';
const megabyteOfA = '9bc1b2a288b26af7257a36277ae3816a7d4f16e89c1e7e77d0a5c48bad62b360';

/** The golden objects of the official SDKs, by name. None where the files are not beside the project. */
export function goldenObjects(): ReadonlyMap<string, ForeignObject> {
  if (!existsSync(goldenFolder)) return new Map();
  const hashes = { 'cpp-rsa': jpeg, 'go-rsa': jpeg, '2018-rsa': megabyteOfA, '2018-kms': megabyteOfA };
  return new Map(
    Object.entries(hashes).map(([name, plaintextSha256]) => {
      const meta = JSON.parse(readFileSync(`${goldenFolder}${name}.meta.json`, 'utf8')) as Record<
        string,
        string
      >;
      const kmsAnswers = new Map<string, string>();
      if (name === '2018-kms') {
        kmsAnswers.set(String(meta['x-oss-meta-oss-crypto-key']), String(meta['base64-plain-key']));
        kmsAnswers.set(String(meta['x-oss-meta-oss-crypto-start']), String(meta['plain-start']));
      }
      const headers = Object.fromEntries(
        Object.entries(meta).filter(([key]) => key.startsWith('x-oss-meta-')),
      );
      const ciphertext = Uint8Array.from(readFileSync(`${goldenFolder}${name}.ciphertext`));
      return [name, { name, headers, ciphertext, plaintextSha256, kmsAnswers, kmsLog: [] }];
    }),
  );
}

/** Says that the golden objects are absent. In CI they must be there. */
export function reportAbsentGoldenObjects(): void {
  it('finds the golden objects', () => {
    if (process.env.CI)
      expect.fail('the golden objects are absent, and CI must run the tests that need them');
    console.log('The golden objects of the official SDKs are absent: their tests were not run.');
  });
}
