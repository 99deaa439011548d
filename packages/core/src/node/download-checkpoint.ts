import * as z from 'zod/mini';
import type { ObjectHandle } from '../client/object-handle.js';
import type { CheckpointJournal } from '../contract/checkpoint-store.js';
import { CheckpointError } from '../errors/errors.js';

const maxRecordLength = 64 * 1024;
const stateSchema = z.strictObject({
  version: z.literal(2),
  kind: z.literal('download'),
  key: z.string(),
  etag: z.string(),
  sizeBytes: z.int().check(z.minimum(0)),
  partSizeBytes: z.int().check(z.minimum(0)),
});
const rangeSchema = z.strictObject({
  range: z.int().check(z.minimum(0)),
  crc64: z.string().check(z.regex(/^\d{1,20}$/)),
});
type State = z.infer<typeof stateSchema>;

/**
 * Which ranges of a download are there already: a journal of the object's state and of a record for each range. It
 * needs no authentication: a range counts only when the bytes in the temporary file have the recorded CRC-64, and all of
 * them together that of the server.
 */
export class DownloadCheckpoint {
  readonly #journal: CheckpointJournal;
  /** The CRC-64 of the stored bytes of each completed range, by the range's index. */
  readonly completed: ReadonlyMap<number, string>;

  private constructor(journal: CheckpointJournal, completed: ReadonlyMap<number, string>) {
    this.#journal = journal;
    this.completed = completed;
  }

  /**
   * The checkpoint of a journal, or a new one when there is none, or it is of another state of the object or of other
   * ranges.
   *
   * @throws CheckpointError when it is damaged, or of another object
   */
  static async open(
    journal: CheckpointJournal,
    object: ObjectHandle,
    partSizeBytes: number,
  ): Promise<DownloadCheckpoint> {
    const { key, sizeBytes, etag = '' } = object;
    const fresh: State = { version: 2, kind: 'download', key, etag, sizeBytes, partSizeBytes };
    const saved = parse(journal);
    if (saved !== undefined && saved.state.key !== key) {
      throw new CheckpointError(
        'The checkpoint is of another object. Use one store for each, or delete it to start again.',
      );
    }
    if (saved !== undefined && etag !== '' && JSON.stringify(saved.state) === JSON.stringify(fresh)) {
      return new DownloadCheckpoint(journal, saved.completed);
    }
    if (saved !== undefined) await journal.clear();
    await journal.append(JSON.stringify(fresh));
    return new DownloadCheckpoint(journal, new Map());
  }

  /** Records a range whose bytes are in the file. */
  complete(range: number, crc64: string): Promise<void> {
    return this.#journal.append(JSON.stringify({ range, crc64 }));
  }
}

function parse({
  records,
}: CheckpointJournal): { readonly state: State; readonly completed: Map<number, string> } | undefined {
  const [first, ...others] = records;
  if (first === undefined) return undefined;
  try {
    if (records.some((record) => record.length > maxRecordLength)) throw new TypeError();
    const { version, kind, key, etag, sizeBytes, partSizeBytes } = stateSchema.parse(JSON.parse(first));
    const ranges = others.map((record) => rangeSchema.parse(JSON.parse(record)));
    return {
      state: { version, kind, key, etag, sizeBytes, partSizeBytes },
      completed: new Map(ranges.map(({ range, crc64 }) => [range, crc64])),
    };
  } catch {
    throw new CheckpointError(
      'The checkpoint is not one of a download, or is damaged. Delete it to start the download again.',
    );
  }
}
