import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const folder = fileURLToPath(new URL('../../../shared/vectors/', import.meta.url));

/** Whether the folder of objects that other software encrypted lies beside the project. */
export const sharedVectorsExist: boolean = existsSync(folder);

/** Says that the vectors are absent. In CI they must be there. */
export function reportAbsentVectors(): void {
  it('finds the vectors of other software', () => {
    if (process.env.CI) expect.fail('../shared/vectors is absent, and CI must run the tests that need it');
    console.log(
      '../shared/vectors is absent: the tests on objects that other software encrypted were not run.',
    );
  });
}

/** An object that other software encrypted. */
export interface SharedVector {
  readonly name: string;
  readonly headers: Record<string, string>;
  readonly ciphertext: Uint8Array;
  readonly plaintextSha256: string;
  /** What a stand-in KMS answers: the Plaintext for each CiphertextBlob. */
  readonly kmsAnswers: ReadonlyMap<string, string>;
}

/** A file of the vectors' folder, as text. */
export function readVectorFile(name: string): string {
  return readFileSync(folder + name, 'utf8');
}

const jpeg = 'a2be45fe15e5b84f542a139d0f20bbc57c12ae7dc9e71e9629d85c88a06656a5';
const megabyteOfA = '9bc1b2a288b26af7257a36277ae3816a7d4f16e89c1e7e77d0a5c48bad62b360';

/** All of them: the official golden objects and those that the official SDKs were run for. */
export function loadSharedVectors(): SharedVector[] {
  const official = Object.entries({
    'cpp-rsa': jpeg,
    'go-rsa': jpeg,
    '2018-rsa': megabyteOfA,
    '2018-kms': megabyteOfA,
  }).map(([name, plaintextSha256]): SharedVector => {
    const meta = JSON.parse(readVectorFile(`official/${name}.meta.json`)) as Record<string, string>;
    const headers = Object.fromEntries(Object.entries(meta).filter(([key]) => key.startsWith('x-oss-meta-')));
    const kmsAnswers = new Map<string, string>();
    if (name === '2018-kms') {
      kmsAnswers.set(meta['x-oss-meta-oss-crypto-key'] as string, meta['base64-plain-key'] as string);
      kmsAnswers.set(meta['x-oss-meta-oss-crypto-start'] as string, meta['plain-start'] as string);
    }
    const ciphertext = readFileSync(`${folder}official/${name}.ciphertext`);
    return { name, headers, ciphertext: Uint8Array.from(ciphertext), plaintextSha256, kmsAnswers };
  });
  const records = JSON.parse(readVectorFile('generated.json')) as Record<
    string,
    { meta: Record<string, string>; ciphertext_b64: string; plaintext_sha256: string }
  >;
  const generated = Object.entries(records).map(
    ([name, record]): SharedVector => ({
      name,
      headers: record.meta,
      ciphertext: Uint8Array.from(Buffer.from(record.ciphertext_b64, 'base64')),
      plaintextSha256: record.plaintext_sha256,
      kmsAnswers: new Map(Object.values(record.meta).flatMap(answersOfStandIn)),
    }),
  );
  return [...official, ...generated];
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
