import * as z from 'zod/mini';
import type { ObjectHandle } from '../client/object-handle.js';
import type { CheckpointStore } from '../contract/checkpoint-store.js';
import { CheckpointError } from '../errors/errors.js';

const maxTextLength = 4 * 1024 * 1024;
const schema = z.strictObject({
  version: z.literal(1),
  kind: z.literal('download'),
  key: z.string(),
  etag: z.string(),
  sizeBytes: z.int().check(z.minimum(0)),
  partSizeBytes: z.int().check(z.minimum(1)),
  completed: z.record(z.string().check(z.regex(/^\d{1,9}$/)), z.string().check(z.regex(/^\d{1,20}$/))),
});
type State = z.infer<typeof schema>;

/**
 * Which ranges of a download are there already. It needs no authentication: a range counts only when the bytes in the
 * temporary file have the recorded CRC-64, and all of them together that of the server.
 */
export class DownloadCheckpoint {
  readonly #store: CheckpointStore;
  readonly #state: State;
  #saving: Promise<void> = Promise.resolve();

  private constructor(store: CheckpointStore, state: State) {
    this.#store = store;
    this.#state = state;
  }

  /**
   * The saved checkpoint, or a new one when there is none, or it is of another state of the object or of other ranges.
   *
   * @throws CheckpointError when it is damaged, or of another object
   */
  static async open(
    store: CheckpointStore,
    object: ObjectHandle,
    partSizeBytes: number,
  ): Promise<DownloadCheckpoint> {
    const { key, sizeBytes, etag = '' } = object;
    const fresh: State = { version: 1, kind: 'download', key, etag, sizeBytes, partSizeBytes, completed: {} };
    const saved = await loadState(store);
    if (saved !== undefined && saved.key !== key) {
      throw new CheckpointError(
        'The checkpoint is of another object. Use one store for each, or delete it to start anew.',
      );
    }
    const goesOn =
      saved?.etag === etag &&
      saved.sizeBytes === sizeBytes &&
      saved.partSizeBytes === partSizeBytes &&
      etag !== '';
    return new DownloadCheckpoint(store, goesOn ? saved : fresh);
  }

  /** The CRC-64 of the ciphertext of each completed range, by the range's index. */
  get completed(): ReadonlyMap<number, string> {
    return new Map(Object.entries(this.#state.completed).map(([index, crc64]) => [Number(index), crc64]));
  }

  /** Records a range whose bytes are in the file. */
  complete(index: number, crc64: string): Promise<void> {
    this.#state.completed[index] = crc64;
    this.#saving = this.#saving.then(() => this.#store.save(JSON.stringify(this.#state)));
    return this.#saving;
  }
}

async function loadState(store: CheckpointStore): Promise<State | undefined> {
  const text = await store.load();
  if (text === undefined) return undefined;
  try {
    if (typeof text !== 'string' || text.length > maxTextLength) throw new TypeError();
    return schema.parse(JSON.parse(text));
  } catch {
    throw new CheckpointError(
      'The checkpoint is not one of a download, or is damaged. Delete it to start the download anew.',
    );
  }
}
