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
