import {
  answeredEnvelope,
  type EnvelopeState,
  type Headers,
  isOssEnvelopeError,
  type OssEnvelopeError,
  writersOf,
} from '@oss-envelope/core';
import type { NamedKey } from '../contract/job.js';
import type { JobTools } from './job-tools.js';

/** An object as HEAD shows it: what decides whether there is something to do. */
export interface ObjectLook {
  readonly headers: Headers;
  /** The size of what is stored, in bytes. */
  readonly sizeBytes: number;
  /** Undefined where the envelope cannot be read: see `failure`. */
  readonly encryption: EnvelopeState | undefined;
  readonly failure: OssEnvelopeError | undefined;
  /** `'plain'`, a format, or `'unknown'`. */
  readonly format: string;
  readonly keys: readonly NamedKey[];
  /** Which programs can have written the envelope; undefined without one. */
  readonly writer: string | undefined;
}

/**
 * Asks for an object's headers, or for those of a version.
 *
 * @throws ServiceError (404 when it is gone), TransportError, also for an answer that hides whether it is encrypted
 */
export async function lookAtObject(
  { transport }: Pick<JobTools, 'transport'>,
  key: string,
  signal: AbortSignal | undefined,
  versionId?: string,
): Promise<ObjectLook> {
  const answer = await transport.head({ key, headers: {}, signal, versionId });
  const { headers } = answer;
  const sizeBytes = Number(headers['content-length'] ?? 0);
  const size = Number.isSafeInteger(sizeBytes) && sizeBytes >= 0 ? sizeBytes : 0;
  try {
    const encryption = answeredEnvelope(answer);
    const envelope = encryption.kind === 'plain' ? undefined : encryption.envelope;
    const wrapped =
      envelope === undefined ? [] : envelope.format === 'sealed' ? envelope.recipients : [envelope];
    return {
      headers,
      sizeBytes: size,
      encryption,
      failure: undefined,
      format: envelope?.format ?? 'plain',
      writer: envelope && (writersOf(envelope, headers).join(' or ') || 'unknown'),
      keys: wrapped.map(({ wrapAlgorithm, materialDescription }) => ({
        wrapAlgorithm,
        description: materialDescription,
      })),
    };
  } catch (error) {
    if (!isOssEnvelopeError(error) || isOssEnvelopeError(error, 'ERR_TRANSPORT')) throw error;
    return {
      headers,
      sizeBytes: size,
      encryption: undefined,
      failure: error as OssEnvelopeError,
      format: 'unknown',
      writer: undefined,
      keys: [],
    };
  }
}

const archiveClasses: ReadonlySet<string> = new Set(['Archive', 'ColdArchive', 'DeepColdArchive']);

/** Whether the content has to be restored before it can be read or copied (OSS documentation, "RestoreObject"). */
export function isArchived({ headers }: ObjectLook): boolean {
  const isRestored = /ongoing-request="false"/.test(headers['x-oss-restore'] ?? '');
  return archiveClasses.has(headers['x-oss-storage-class'] ?? '') && !isRestored;
}
