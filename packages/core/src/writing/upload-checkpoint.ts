import * as z from 'zod/mini';
import type { ContentKey } from '../cipher/content-scheme.js';
import type { CheckpointStore } from '../contract/checkpoint-store.js';
import type { Headers } from '../contract/object-transport.js';
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

const maxTextLength = 4 * 1024 * 1024;
const stateSchema = z.strictObject({
  version: z.literal(1),
  key: z.string(),
  uploadId: z.string().check(z.minLength(1), z.maxLength(1024)),
  headers: z.record(z.string(), z.string()),
  sizeBytes: z.int().check(z.minimum(1)),
  partSizeBytes: z.int().check(z.minimum(1)),
  source: z.string(),
  digests: z.record(z.string().check(z.regex(/^[1-9]\d{0,4}$/)), z.string().check(z.length(44))),
});
const wrapperSchema = z.strictObject({ state: z.string(), mac: z.string() });
const utf8 = new TextEncoder();

/** A saved upload whose authenticity is not known yet: that takes its data key, which its headers hold wrapped. */
export interface SavedUpload {
  readonly state: UploadState;
  readonly digests: ReadonlyMap<number, string>;
  readonly text: string;
  readonly mac: string;
}

/**
 * Reads what a store holds.
 *
 * @throws CheckpointError when that is not a checkpoint of an upload
 */
export async function loadUpload(store: CheckpointStore): Promise<SavedUpload | undefined> {
  const saved = await store.load();
  if (saved === undefined) return undefined;
  try {
    if (typeof saved !== 'string' || saved.length > maxTextLength) throw new TypeError();
    const { state: text, mac } = wrapperSchema.parse(JSON.parse(saved));
    const { version: _, digests, ...state } = stateSchema.parse(JSON.parse(text));
    return {
      state,
      text,
      mac,
      digests: new Map(Object.entries(digests).map(([part, digest]) => [Number(part), digest])),
    };
  } catch {
    throw new CheckpointError(
      'The checkpoint is not one of an upload, or is damaged. Delete it to start the upload anew.',
    );
  }
}

/**
 * The state of an upload that can go on after a failure, saved before each part is sent.
 *
 * A part's bytes are recorded by a keyed digest before any of them leave: other bytes must never be encrypted under
 * the same key and counter, and a digest without a key would be a fingerprint. Both the digests and the checkpoint's
 * own authentication use a key derived from the data key (HKDF, RFC 5869), which is not in the checkpoint.
 */
export class UploadCheckpoint {
  readonly state: UploadState;
  readonly #store: CheckpointStore;
  readonly #authenticationKey: CryptoKey;
  readonly #digests: Map<number, string>;
  #saving: Promise<void> = Promise.resolve();

  private constructor(
    store: CheckpointStore,
    state: UploadState,
    authenticationKey: CryptoKey,
    digests: ReadonlyMap<number, string>,
  ) {
    this.state = state;
    this.#store = store;
    this.#authenticationKey = authenticationKey;
    this.#digests = new Map(digests);
  }

  /** Begins a checkpoint and saves it. */
  static async begin(store: CheckpointStore, state: UploadState, key: ContentKey): Promise<UploadCheckpoint> {
    const checkpoint = new UploadCheckpoint(store, state, await deriveKey(key), new Map());
    await checkpoint.#save();
    return checkpoint;
  }

  /**
   * Goes on with a saved one.
   *
   * @throws CheckpointError when it was not made under this data key, or changed since
   */
  static async resume(
    store: CheckpointStore,
    saved: SavedUpload,
    key: ContentKey,
  ): Promise<UploadCheckpoint> {
    const authenticationKey = await deriveKey(key);
    if ((await authenticate(authenticationKey, utf8.encode(saved.text))) !== saved.mac) {
      throw new CheckpointError(
        'The checkpoint was changed since it was saved, so the upload cannot go on from it. Delete it to start anew.',
      );
    }
    return new UploadCheckpoint(store, saved.state, authenticationKey, saved.digests);
  }

  /**
   * Records a part's encrypted bytes before they are sent, and resolves when that is saved.
   *
   * @returns whether the part is `'new'`, or was recorded before: by the `'same'` bytes, or by other ones, which means
   *   that the source has `'changed'`
   */
  async record(partNumber: number, bytes: Uint8Array): Promise<'new' | 'same' | 'changed'> {
    const digest = await authenticate(this.#authenticationKey, bytes);
    const known = this.#digests.get(partNumber);
    if (known !== undefined) return known === digest ? 'same' : 'changed';
    this.#digests.set(partNumber, digest);
    await this.#save();
    return 'new';
  }

  /** Forgets the upload: it is finished, or cannot go on. */
  async delete(): Promise<void> {
    await this.#saving.catch(() => {});
    await this.#store.delete();
  }

  /** One at a time; each saves all that is known when its turn comes. */
  #save(): Promise<void> {
    this.#saving = this.#saving.then(async () => {
      const digests = Object.fromEntries(this.#digests);
      const state = JSON.stringify({ version: 1, ...this.state, digests });
      const mac = await authenticate(this.#authenticationKey, utf8.encode(state));
      await this.#store.save(JSON.stringify({ state, mac }));
    });
    return this.#saving;
  }
}

async function deriveKey({ dataKey }: ContentKey): Promise<CryptoKey> {
  const bytes = isBytes(dataKey) ? dataKey : dataKey.bytes;
  const secret = await crypto.subtle.importKey('raw', Uint8Array.from(bytes), 'HKDF', false, ['deriveKey']);
  const info = utf8.encode('oss-envelope upload checkpoint 1');
  return crypto.subtle.deriveKey(
    { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(0), info },
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
