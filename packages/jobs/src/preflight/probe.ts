import { randomBytes } from 'node:crypto';
import { CapabilityMissingError, isOssEnvelopeError, type ObjectTransport } from '@oss-envelope/core';
import type { Job } from '../contract/job.js';
import { deleteForGood } from '../tasks/deletion.js';
import type { JobTools } from '../tasks/job-tools.js';
import { ownPrefix } from '../tasks/own-names.js';
import { type Finding, ok, refused, warning } from './finding.js';

/** What the job does to its objects, in the order of what it needs. */
interface Step {
  readonly does: string;
  /** The rights of RAM that it takes. */
  readonly rights: string;
  run(): Promise<unknown>;
}

/** Where a job's probe lies while it is tried. */
export function probeKey(jobId: string): string {
  return `${ownPrefix}jobs/${jobId}/probe-${randomBytes(6).toString('hex')}`;
}

/**
 * Does to an object of its own what the job does to others, and deletes it, all of its versions too: by that it is known
 * that the user may, and that what is written under the job's keys can be opened here.
 *
 * @throws an abort; credentials that are refused altogether
 */
export async function probeFindings(
  job: Pick<Job, 'acl' | 'format' | 'grade' | 'id' | 'task'>,
  tools: JobTools,
  signal: AbortSignal | undefined,
): Promise<readonly Finding[]> {
  const { bucket, transport } = tools;
  const key = probeKey(job.id);
  const content = randomBytes(64);
  const findings: Finding[] = [];
  let isWritten = false;
  const steps: Step[] = [
    {
      does: 'write an object',
      rights: 'oss:PutObject',
      run: async () => {
        // Also an answer that is lost may have stored it.
        isWritten = true;
        if (job.task === 'rewrap') return bucket.put(key, content, { signal });
        return transport.put({ key, headers: {}, body: { kind: 'bytes', bytes: content }, signal });
      },
    },
    {
      does: 'look at it',
      rights: 'oss:GetObject',
      run: () => transport.head({ key, headers: {}, signal }),
    },
    ...askingForAcl(job, tools, key, signal),
    ...changing(job, tools, key, signal),
  ];
  try {
    let isDone = true;
    for (const step of steps) {
      const finding = await tryStep(step, signal);
      if (finding === undefined) continue;
      findings.push(finding);
      isDone = false;
      break;
    }
    if (isDone) findings.push(await openingFinding(job, tools, key, content, signal));
  } finally {
    if (isWritten) {
      const failure = await removeProbe(transport, key);
      if (failure !== undefined) findings.push(failure);
    }
  }
  if (!findings.some(({ name }) => name === 'probe')) {
    findings.unshift(
      ok('probe', "An object of the job's own was written, changed as the job changes objects, and deleted."),
    );
  }
  return findings;
}

/** A key that only wraps is enough for it: what is changed here needs no opening. */
function changing(
  job: Pick<Job, 'acl' | 'format' | 'task'>,
  { bucket, transport }: JobTools,
  key: string,
  signal: AbortSignal | undefined,
): readonly Step[] {
  const rights = 'oss:GetObject, oss:PutObject and oss:GetObjectTagging';
  if (job.task !== 'rewrap') {
    const { acl, format } = job;
    const run: Step['run'] = () => bucket.reencrypt(key, { format, acl, onPlainObject: 'pass', signal });
    return [{ does: 'encrypt it under the new key', rights, run }];
  }
  // OSS changes no metadata of that format: a rewrap of it is a failure that the job records.
  if (job.format === 'client-side-encryption') return [];
  const run = async (): Promise<unknown> => {
    if (transport.copy === undefined) {
      throw new CapabilityMissingError('copy', 'This transport cannot copy objects. Use one that can.');
    }
    const { headers } = await transport.head({ key, headers: {}, signal });
    const kept = Object.entries(headers).filter(
      ([name]) => name.startsWith('x-oss-meta-') || name === 'content-type',
    );
    const all = { ...Object.fromEntries(kept), 'x-oss-metadata-directive': 'REPLACE' };
    return transport.copy({ key, sourceKey: key, headers: all, signal });
  };
  return [{ does: 'copy it onto itself with other metadata', rights, run }];
}

/** Where the job does not say which ACL objects have, it asks for the one of each. */
function askingForAcl(
  job: Pick<Job, 'acl'>,
  { transport }: JobTools,
  key: string,
  signal: AbortSignal | undefined,
): readonly Step[] {
  if (job.acl !== undefined || transport.acl === undefined) return [];
  const run = async (): Promise<unknown> => transport.acl?.({ key, headers: {}, signal });
  return [{ does: 'ask for its ACL', rights: 'oss:GetObjectAcl', run }];
}

async function tryStep(
  { does, rights, run }: Step,
  signal: AbortSignal | undefined,
): Promise<Finding | undefined> {
  try {
    await run();
    return undefined;
  } catch (error) {
    signal?.throwIfAborted();
    if (isOssEnvelopeError(error, 'ERR_SERVICE') && error.service === 'OSS') {
      const said = error.serviceCode ?? `HTTP ${error.status}`;
      return refused('probe', `It was refused to ${does}: ${said}.`, `Give the job's user ${rights}.`);
    }
    if (!isOssEnvelopeError(error)) throw error;
    return refused(
      'probe',
      `It failed to ${does}: ${error.message}`,
      'Put this right first: every object would fail like it.',
    );
  }
}

async function openingFinding(
  job: Pick<Job, 'grade' | 'task'>,
  { bucket }: JobTools,
  key: string,
  content: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<Finding> {
  try {
    const bytes = await (await bucket.get(key, { signal })).bytes();
    if (Buffer.compare(bytes, content) === 0) return ok('keys', 'The new key opens what it wraps.');
    return refused('keys', 'What was read back is not what was written.', 'Check the endpoint and the keys.');
  } catch (error) {
    signal?.throwIfAborted();
    if (!isOssEnvelopeError(error)) throw error;
    const what = `What is written under the new key cannot be opened here: ${error.message}`;
    // Staged objects are read back, each of them.
    if (job.grade === 'stage' && job.task !== 'rewrap') {
      return refused('keys', what, "Give this process the key that opens, or take the grade 'direct'.");
    }
    const isWriteOnly = error.code === 'ERR_MASTER_KEY' || error.code === 'ERR_NO_MATCHING_KEY';
    return (isWriteOnly ? warning : refused)(
      'keys',
      what,
      'Make sure that somebody has the key that opens it, before the old key goes.',
    );
  }
}

/** Deletes the probe for good. An aborted signal does not keep it. */
async function removeProbe(transport: ObjectTransport, key: string): Promise<Finding | undefined> {
  try {
    await deleteForGood(transport, key);
    return undefined;
  } catch (error) {
    if (!isOssEnvelopeError(error)) throw error;
    const said = isOssEnvelopeError(error, 'ERR_SERVICE')
      ? (error.serviceCode ?? `HTTP ${error.status}`)
      : isOssEnvelopeError(error, 'ERR_CAPABILITY_MISSING')
        ? error.message
        : error.code;
    return leftBehind(key, said);
  }
}

function leftBehind(key: string, why: string): Finding {
  return warning(
    'probe',
    `The probe ${JSON.stringify(key)}, or a version of it, could not be deleted: ${why}.`,
    "Delete it, and give the job's user oss:DeleteObject, and oss:DeleteObjectVersion and oss:ListObjectVersions where the bucket keeps versions.",
  );
}
