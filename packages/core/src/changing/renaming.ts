import { headersForRequest } from '../adapter/request-headers.js';
import { IntegrityError, ObjectChangedError } from '../errors/errors.js';
import { type Copying, type CopyResult, copyObject, type MadeCopy } from './copying.js';
import { isUnchanged, lookAt, type ObjectState } from './object-state.js';

/**
 * Copies an object, looks at the copy, and deletes the source. Whenever that ends, one of the two is there.
 *
 * @throws as `EncryptedBucket.rename`
 */
export async function renameObject(renaming: Copying): Promise<CopyResult> {
  const { context, sourceKey, targetKey, signal } = renaming;
  const headers = headersForRequest('list-parts', renaming.headers);
  const made = await copyObject(renaming);
  const copy = await lookAt(context, { key: targetKey, headers, signal });
  // There is no delete under a condition: what is written after this look is deleted unseen.
  if (!isUnchanged(made.source, await lookAt(context, { key: sourceKey, headers, signal }))) {
    throw new ObjectChangedError(
      'Others changed the object after it was copied, so it was not deleted. Both are there: the copy, as the object was ' +
        'before, and the object, as it is now. Make the call again to move that.',
    );
  }
  assertRightCopy(made, copy);
  await context.transport.delete({ key: sourceKey, headers, signal });
  return made.result;
}

/** Compares what the server shows of a copy with what it should be, before its source goes. */
function assertRightCopy({ source, headers, result }: MadeCopy, copy: ObjectState): void {
  const isOfThisCall = result.etag === copy.etag && result.versionId === copy.versionId;
  if (!isOfThisCall) {
    throw new ObjectChangedError(
      'Others wrote to the new key right after the copy was made, so the object was not deleted. Look at both.',
    );
  }
  const differs = [
    ...Object.keys(headers).filter((name) => copy.headers[name] !== headers[name]),
    ...['content-length', 'x-oss-hash-crc64ecma'].filter(
      (name) =>
        source.headers[name] !== undefined &&
        copy.headers[name] !== undefined &&
        source.headers[name] !== copy.headers[name],
    ),
  ];
  if (differs.length === 0) return;
  throw new IntegrityError(
    `The copy differs from its source (${differs.join(', ')}), so the object was not deleted. Both are there: delete the ` +
      'copy, and find out what changes it.',
  );
}
