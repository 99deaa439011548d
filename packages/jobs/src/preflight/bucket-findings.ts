import {
  type BucketView,
  isOssEnvelopeError,
  type ObjectTransport,
  type OverwriteRule,
} from '@oss-envelope/core';
import type { Job } from '../contract/job.js';
import { type Finding, type FindingName, ok, refused, warning } from './finding.js';

/** What the bucket's own rules mean for a job, and whether what is written there can be deleted again. */
export interface BucketFindings {
  readonly findings: readonly Finding[];
  /** Whether nothing keeps a probe from being deleted, as far as is known. */
  readonly mayDelete: boolean;
}

/**
 * Asks for the rules of the bucket. A question that is refused is a warning; where the job hangs on its answer, a reason
 * not to begin.
 *
 * @throws what is no refusal of the one question: an abort, refused credentials, a bucket that is not there
 */
export async function bucketFindings(
  job: Pick<Job, 'grade' | 'source' | 'task'>,
  { bucketView }: Pick<ObjectTransport, 'bucketView'>,
  signal: AbortSignal | undefined,
): Promise<BucketFindings> {
  const isWriting = job.task !== 'report' && job.task !== 'verify';
  if (bucketView === undefined) {
    const what = 'This transport cannot ask for the rules of the bucket.';
    const fix =
      'Use fetchTransport or aliOssTransport, or look at versioning, retention and overwrite rules.';
    const isNeeded = isWriting && job.grade === 'versions';
    return {
      findings: [(isNeeded ? refused : warning)('versioning', what, fix)],
      mayDelete: true,
    };
  }
  const request = { headers: {}, signal };
  const versioning = await ask('versioning', 'oss:GetBucketVersioning', () => bucketView.versioning(request));
  const retention = await ask('retention', 'oss:GetBucketWorm', () => bucketView.retention(request));
  const findings = [
    versioning.kind === 'refused'
      ? unknownVersioning(job, isWriting, versioning.finding)
      : versioningFinding(job, isWriting, versioning.answer),
    retention.kind === 'refused' ? retention.finding : retentionFinding(isWriting, retention.answer),
  ];
  if (isWriting) {
    const rules = await ask('overwrite-rules', 'oss:GetBucketOverwriteConfig', () =>
      bucketView.overwriteRules(request),
    );
    findings.push(rules.kind === 'refused' ? rules.finding : overwriteFinding(job, rules.answer));
    const replication = await ask('replication', 'oss:GetBucketReplication', () =>
      bucketView.replicationRules(request),
    );
    findings.push(
      replication.kind === 'refused' ? replication.finding : replicationFinding(replication.answer),
    );
  }
  return {
    findings,
    mayDelete: retention.kind === 'refused' || retention.answer === undefined,
  };
}

type Asked<T> =
  | { readonly kind: 'answered'; readonly answer: T }
  | { readonly kind: 'refused'; readonly finding: Finding };

async function ask<T>(name: FindingName, right: string, question: () => Promise<T>): Promise<Asked<T>> {
  try {
    return { kind: 'answered', answer: await question() };
  } catch (error) {
    const isRefused =
      isOssEnvelopeError(error, 'ERR_SERVICE') &&
      ((error.status === 403 && error.serviceCode === 'AccessDenied') || error.status === 501);
    if (!isRefused) throw error;
    return {
      kind: 'refused',
      finding: warning(
        name,
        `OSS does not tell (${right} is refused).`,
        `Give the job's user ${right}, or look yourself.`,
      ),
    };
  }
}

function unknownVersioning({ grade }: Pick<Job, 'grade'>, isWriting: boolean, finding: Finding): Finding {
  return isWriting && grade === 'versions' ? { ...finding, verdict: 'refused' } : finding;
}

function versioningFinding(
  { grade }: Pick<Job, 'grade'>,
  isWriting: boolean,
  versioning: Awaited<ReturnType<BucketView['versioning']>>,
): Finding {
  const state = versioning === undefined ? 'keeps no versions' : `has versioning ${versioning.toLowerCase()}`;
  if (!isWriting) return ok('versioning', `The bucket ${state}.`);
  if (grade === 'versions' && versioning !== 'Enabled') {
    return refused(
      'versioning',
      `The grade 'versions' needs a bucket that keeps versions, and this one ${state}.`,
      "Enable versioning, or take the grade 'direct' or 'stage'.",
    );
  }
  if (versioning === undefined)
    return ok('versioning', 'The bucket keeps no versions: what is replaced is gone.');
  return warning(
    'versioning',
    `The bucket ${state}. Versions that are replaced stay, take their space, and keep the key that they have: none can be changed, only deleted.`,
    'Delete old versions when the job is done and its report says what they name, or keep the old key.',
  );
}

function retentionFinding(
  isWriting: boolean,
  retention: Awaited<ReturnType<BucketView['retention']>>,
): Finding {
  if (retention === undefined) return ok('retention', 'The bucket has no retention policy.');
  const { state, days } = retention;
  const what = `A retention policy (${state}) keeps each object for ${days} days after it was modified.`;
  if (!isWriting) return ok('retention', what);
  return warning(
    'retention',
    `${what} Younger ones cannot be changed, and are failures with the next step wait-for-retention. No probe was written: it could not be deleted.`,
    'Run the job again when they are old enough, or filter by modifiedBefore.',
  );
}

function overwriteFinding(job: Pick<Job, 'source'>, rules: readonly OverwriteRule[]): Finding {
  const prefix = job.source.kind === 'keys' ? '' : job.source.prefix;
  const touching = rules.filter(
    (rule) => rule.prefix === undefined || rule.prefix.startsWith(prefix) || prefix.startsWith(rule.prefix),
  );
  if (touching.length === 0) {
    return ok('overwrite-rules', 'No rule forbids to overwrite what the job is about.');
  }
  const named = touching.map(({ prefix: begin = '', suffix = '' }) => JSON.stringify(`${begin}*${suffix}`));
  const isAll = touching.some(
    (rule) =>
      prefix.startsWith(rule.prefix ?? '') && rule.suffix === undefined && rule.principals.length === 0,
  );
  return (isAll ? refused : warning)(
    'overwrite-rules',
    `The bucket forbids to overwrite ${named.slice(0, 10).join(', ')}. Such objects fail.`,
    'Take the rules out while the job runs, or except its user from them.',
  );
}

function replicationFinding(rules: Awaited<ReturnType<BucketView['replicationRules']>>): Finding {
  if (rules.length === 0) return ok('replication', 'No rule sends objects to another bucket.');
  const targets = rules.map(({ targetBucket }) => targetBucket ?? 'another bucket').slice(0, 10);
  return warning(
    'replication',
    `Each object that is written is sent to ${targets.join(', ')} again.`,
    'Expect that traffic, and see to it that readers there have the new key.',
  );
}
