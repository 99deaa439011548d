import { assertObjectKey, assertObjectName } from '../adapter/object-key.js';
import { maxKeysPerDeletion } from '../adapter/oss-limits.js';
import type { Headers, ObjectTransport } from '../contract/object-transport.js';
import {
  type FailedDeletion,
  IncompleteDeletionError,
  InvalidArgumentError,
  isOssEnvelopeError,
} from '../errors/errors.js';
import { mapAhead } from '../stream/map-ahead.js';
import { callHeaders } from './call-headers.js';
import { callChecks } from './call-option-checks.js';
import { concurrency, type OptionChecks, optional, parseArgument } from './option-parsing.js';
import type { DeleteManyOptions, DeleteOptions } from './option-types.js';
import { deleteOptionsSchema } from './read-option-checks.js';

const usualConcurrency = 8;

const deleteManyOptionsSchema: OptionChecks<DeleteManyOptions> = {
  ...callChecks,
  concurrency: optional(concurrency),
};

/** What was deleted. */
export interface DeleteManyResult {
  /** How many keys were given, each counted once in a request; what was not there counts too. */
  readonly count: number;
}

interface Deletion {
  readonly transport: Pick<ObjectTransport, 'delete' | 'deleteMany'>;
  readonly headers: Headers;
  readonly atOnce: number;
  readonly signal: AbortSignal | undefined;
}

/** Deletes one object. @throws as `EncryptedBucket.delete` */
export async function deleteObject(
  transport: Pick<ObjectTransport, 'delete'>,
  key: string,
  options: DeleteOptions,
): Promise<void> {
  assertObjectKey(key);
  const { signal, versionId, headers } = parseArgument('options', options, deleteOptionsSchema);
  signal?.throwIfAborted();
  await transport.delete({ key, headers: callHeaders(headers), versionId, signal });
}

/** Deletes objects, a batch in each request. @throws as `EncryptedBucket.deleteMany` */
export async function deleteObjects(
  transport: Pick<ObjectTransport, 'delete' | 'deleteMany'>,
  keys: Iterable<string> | AsyncIterable<string>,
  options: DeleteManyOptions,
): Promise<DeleteManyResult> {
  const {
    headers,
    signal,
    concurrency: atOnce = usualConcurrency,
  } = parseArgument('options', options, deleteManyOptionsSchema);
  if (typeof keys === 'string') {
    throw new InvalidArgumentError('keys', 'must be a list of keys, and is one: use delete, or [key]');
  }
  if (!isIterable(keys)) {
    throw new InvalidArgumentError('keys', 'must be an array or another iterable of keys');
  }
  const deletion: Deletion = { transport, headers: callHeaders(headers), atOnce, signal };
  // What is all there is checked before anything is deleted.
  if (Array.isArray(keys)) for (const [index, key] of keys.entries()) assertDeletable(deletion, key, index);
  const failed: FailedDeletion[] = [];
  let count = 0;
  let index = 0;
  let batch = new Set<string>();
  const deleteBatch = async (): Promise<void> => {
    if (batch.size === 0) return;
    count += batch.size;
    failed.push(...(await deleteSome(deletion, [...batch])));
    batch = new Set();
  };
  for await (const key of keys) {
    assertDeletable(deletion, key, index++);
    batch.add(key);
    if (batch.size === maxKeysPerDeletion) await deleteBatch();
  }
  await deleteBatch();
  const [first] = failed;
  if (first === undefined) return { count };
  throw new IncompleteDeletionError(
    `${failed.length} of ${count} objects were not deleted, such as ${JSON.stringify(first.key.slice(0, 100))} ` +
      `(${first.serviceCode ?? 'no code given'}); all others were. Check what the account may delete, and what protects ` +
      'these objects: the member failed names each, with its code.',
    failed,
  );
}

/** Deletes in one request what can be named in it, and the rest one by one. */
async function deleteSome(deletion: Deletion, keys: readonly string[]): Promise<readonly FailedDeletion[]> {
  const { transport, headers, atOnce, signal } = deletion;
  signal?.throwIfAborted();
  const together = keys.filter((key) => isNamedTogether(deletion, key));
  const failed: FailedDeletion[] = [];
  if (together.length > 0) {
    failed.push(...((await transport.deleteMany?.({ keys: together, headers, signal })) ?? []));
  }
  const single = (async function* () {
    for (const key of keys) if (!isNamedTogether(deletion, key)) yield key;
  })();
  for await (const failure of mapAhead(single, atOnce, (key) => deleteOne(deletion, key))) {
    if (failure !== undefined) failed.push(failure);
  }
  return failed;
}

async function deleteOne(
  { transport, headers, signal }: Deletion,
  key: string,
): Promise<FailedDeletion | undefined> {
  try {
    await transport.delete({ key, headers, signal });
    return undefined;
  } catch (error) {
    // A refusal of this object. Anything else would fail for the others, too.
    if (!isOssEnvelopeError(error, 'ERR_SERVICE') || error.status !== 403) throw error;
    return { key, serviceCode: error.serviceCode };
  }
}

/** XML cannot hold NUL. */
function isNamedTogether({ transport }: Deletion, key: string): boolean {
  return transport.deleteMany !== undefined && !key.includes('\0');
}

/** In one request keys are not part of a URL, so those with dot segments, which other tools store, can be deleted. */
function assertDeletable(deletion: Deletion, key: unknown, index: number): asserts key is string {
  const argument = `keys.${index}`;
  assertObjectName(key, argument);
  if (!isNamedTogether(deletion, key)) assertObjectKey(key, argument);
}

function isIterable(value: unknown): value is Iterable<string> | AsyncIterable<string> {
  return (
    typeof value === 'object' && value !== null && (Symbol.iterator in value || Symbol.asyncIterator in value)
  );
}
