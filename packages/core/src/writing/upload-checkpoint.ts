import * as z from 'zod/mini';
import type { ContentKey } from '../cipher/content-scheme.js';
import type { CheckpointJournal } from '../contract/checkpoint-store.js';
import type { Headers } from '../contract/object-transport.js';
import type { SecretBytes } from '../contract/secret-bytes.js';
import { encodeBase64 } from '../encoding/base64.js';
import { isBytes } from '../encoding/bytes.js';
import { CheckpointError } from '../errors/errors.js';

/** What identifies an upload that can go on. */
export interface UploadState {
  readonly key: string;
  readonly uploadId: string;
  /** All headers that the upload was started with; those of the envelope hold the wrapped key. */
  readonly headers: Headers;
  readonly sizeBytes: number;
  readonly partSizeBytes: number;
  /** What the caller knows of the source's identity, such as its time of modification. */
  readonly source: string;
}

const maxRecordLength = 64 * 1024;
const stateSchema = z.strictObject({
  version: z.literal(2),
  kind: z.literal('upload'),
  key: z.string(),
  uploadId: z.string().check(z.minLength(1), z.maxLength(1024)),
  headers: z.record(z.string(), z.string()),
  sizeBytes: z.int().check(z.minimum(1)),
  partSizeBytes: z.int().check(z.minimum(1)),
  source: z.string(),
});
const firstSchema = z.strictObject({ state: z.string(), mac: z.string() });
const partSchema = z.strictObject({
  part: z.int().check(z.minimum(1), z.maximum(10_000)),
  digest: z.string().check(z.length(44)),
});
const utf8 = new TextEncoder();

/** What a provider is asked to derive its secret for. */
export const checkpointPurpose = 'oss-envelope upload checkpoint';

/** What authenticates a checkpoint. */
export interface CheckpointKeys {
  readonly contentKey: ContentKey;
  /** Of the provider, where it has one. */
  readonly ownSecret: SecretBytes | undefined;
}

/** A saved upload whose authenticity is not known yet: that takes its data key, which its headers hold wrapped. */
export interface SavedUpload {
  readonly state: UploadState;
  /** The keyed digests of the parts that may have left, by number. */
  readonly digests: ReadonlyMap<number, string>;
  readonly text: string;
  readonly mac: string;
}

/**
 * Reads a journal: first the state with its authentication, then a record for each part.
 *
 * @returns undefined for a journal without records
 * @throws CheckpointError when it is not of an upload
 */
export function parseUpload({ records }: CheckpointJournal): SavedUpload | undefined {
  const [first, ...others] = records;
  if (first === undefined) return undefined;
  try {
    if (records.some((record) => record.length > maxRecordLength)) throw new TypeError();
    const { state: text, mac } = firstSchema.parse(JSON.parse(first));
    const { version: _, kind: __, ...state } = stateSchema.parse(JSON.parse(text));
    const digests = new Map<number, string>();
    for (const record of others) {
      const { part, digest } = partSchema.parse(JSON.parse(record));
      // One part cannot have been two things under one key.
      if (digests.has(part) && digests.get(part) !== digest) throw new TypeError();
      digests.set(part, digest);
    }
    return { state, digests, text, mac };
  } catch {
    throw new CheckpointError(
      'The checkpoint is not one of an upload, or is damaged. Delete it to start the upload anew.',
    );
  }
}

/**
 * The state of an upload that can go on after a failure. Before a part is sent, a keyed digest of its bytes is recorded,
 * since other bytes must never be encrypted under the same key and counter. (A digest without a key would be a
 * fingerprint.) The digests and the authentication of the state use a key that is derived from the data key (HKDF,
 * RFC 5869), which is not in the journal, and from a secret of the provider. With a public key alone, everyone could wrap
 * a data key of their choice, and authenticate a state that has it.
 */
export class UploadCheckpoint {
  readonly #journal: CheckpointJournal;
  readonly #authenticationKey: CryptoKey;
  readonly #digests: Map<number, string>;

  private constructor(
    journal: CheckpointJournal,
    authenticationKey: CryptoKey,
    digests: ReadonlyMap<number, string>,
  ) {
    this.#journal = journal;
    this.#authenticationKey = authenticationKey;
    this.#digests = new Map(digests);
  }

  /** Begins a checkpoint: the journal holds nothing else. */
  static async begin(
    journal: CheckpointJournal,
    state: UploadState,
    keys: CheckpointKeys,
  ): Promise<UploadCheckpoint> {
    const authenticationKey = await deriveKey(keys);
    const text = JSON.stringify({ version: 2, kind: 'upload', ...state });
    const mac = await authenticate(authenticationKey, utf8.encode(text));
    await journal.append(JSON.stringify({ state: text, mac }));
    return new UploadCheckpoint(journal, authenticationKey, new Map());
  }

  /**
   * Goes on with a saved one.
   *
   * @throws CheckpointError when it was not made under these keys, or changed since
   */
  static async resume(
    journal: CheckpointJournal,
    saved: SavedUpload,
    keys: CheckpointKeys,
  ): Promise<UploadCheckpoint> {
    const authenticationKey = await deriveKey(keys);
    if ((await authenticate(authenticationKey, utf8.encode(saved.text))) !== saved.mac) {
      throw new CheckpointError(
        'The checkpoint was changed since it was saved, or begun without the private key that this provider has. The ' +
          'upload cannot go on from it: delete it to start anew.',
      );
    }
    return new UploadCheckpoint(journal, authenticationKey, saved.digests);
  }

  /** Whether a part was recorded before this attempt, so that it may have left. */
  has(partNumber: number): boolean {
    return this.#digests.has(partNumber);
  }

  /**
   * Records a part's encrypted bytes before they are sent, and resolves when the record is saved.
   *
   * @returns whether the part is `'new'`, or was recorded before: by the `'same'` bytes, or by other ones, which means
   *   that the source has `'changed'`
   */
  async record(partNumber: number, bytes: Uint8Array): Promise<'new' | 'same' | 'changed'> {
    const digest = await authenticate(this.#authenticationKey, bytes);
    const known = this.#digests.get(partNumber);
    if (known !== undefined) return known === digest ? 'same' : 'changed';
    this.#digests.set(partNumber, digest);
    await this.#journal.append(JSON.stringify({ part: partNumber, digest }));
    return 'new';
  }

  /** Forgets the upload: it is finished, or cannot go on. */
  async delete(): Promise<void> {
    await this.#journal.clear();
  }
}

async function deriveKey({ contentKey, ownSecret }: CheckpointKeys): Promise<CryptoKey> {
  const { dataKey } = contentKey;
  const bytes = isBytes(dataKey) ? dataKey : dataKey.bytes;
  const secret = await crypto.subtle.importKey('raw', Uint8Array.from(bytes), 'HKDF', false, ['deriveKey']);
  const salt = Uint8Array.from(ownSecret?.bytes ?? []);
  const info = utf8.encode('oss-envelope upload checkpoint 2');
  return crypto.subtle.deriveKey(
    { name: 'HKDF', hash: 'SHA-256', salt, info },
    secret,
    { name: 'HMAC', hash: 'SHA-256', length: 256 },
    false,
    ['sign'],
  );
}

async function authenticate(key: CryptoKey, bytes: Uint8Array): Promise<string> {
  return encodeBase64(
    new Uint8Array(await crypto.subtle.sign('HMAC', key, bytes as Uint8Array<ArrayBuffer>)),
  );
}
