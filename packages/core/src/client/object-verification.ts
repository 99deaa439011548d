import type { ObjectInfo } from '../reading/object-info.js';
import { objectInfoOf } from './described-object.js';
import type { EncryptedObject } from './encrypted-object.js';
import { parseArgument } from './option-parsing.js';
import type { VerifyOptions } from './option-types.js';
import { verifyOptionsSchema } from './read-option-checks.js';

/** An object that was read to its end, and passed all checks. */
export interface VerifiedObject extends ObjectInfo {
  readonly sizeBytes: number;
  /** Whether that proves that nobody has changed it. */
  readonly authenticated: boolean;
}

/** The options of a verification, checked. A range would pass for all of the object. */
export function checkedVerification(options: VerifyOptions): VerifyOptions {
  return parseArgument('options', options, verifyOptionsSchema);
}

/** Reads an object to its end. @throws as reading its content */
export async function verifyObject(
  object: EncryptedObject<true> | EncryptedObject<false>,
): Promise<VerifiedObject> {
  let sizeBytes = 0;
  for await (const chunk of object.chunks()) sizeBytes += chunk.length;
  const { authenticated } = object;
  return { ...objectInfoOf(object), sizeBytes, sizeIsProven: authenticated, authenticated };
}
