import type { Job } from '../contract/job.js';
import type { ObjectSource } from '../contract/object-source.js';
import type { JobTools } from '../tasks/job-tools.js';
import { bucketFindings } from './bucket-findings.js';
import { type Estimate, estimateOf, type Rates } from './estimate.js';
import { type Finding, ok, refused, warning } from './finding.js';
import { probeFindings } from './probe.js';
import { redisFindings } from './redis-findings.js';
import { sampleFindings } from './sample-findings.js';
import { sideEffectsOf } from './side-effects.js';

/** What a look before a job needs. */
export interface PreflightOptions {
  readonly tools: JobTools;
  readonly source: ObjectSource;
  /** The address of Redis, for a job of many processes: a secret where it has a password. */
  readonly redis?: string | undefined;
  /** How many objects the job is about, where that is known. */
  readonly objects?: number | undefined;
  /** Default: what OSS and KMS grant at least. */
  readonly rates?: Rates | undefined;
  /** Nothing is written: the rights are not tried. */
  readonly isDryRun?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What was found before a job. */
export interface Preflight {
  readonly findings: readonly Finding[];
  /** Whether something was found that the job cannot be begun with. */
  readonly isRefused: boolean;
  readonly estimate: Estimate;
  /** What else happens, each a sentence. */
  readonly sideEffects: readonly string[];
}

/**
 * Looks at everything that a job needs before it writes anything: the bucket's rules, the first objects, the keys, and the
 * rights, which are tried on an object below `.oss-envelope/` that is deleted again. It asks nobody; who shows the
 * findings does.
 *
 * @throws an abort; credentials that are refused, a bucket that is not there, what the source throws; InvalidArgumentError for
 *   a Redis that loses queues, with what to set, TransportError for one that does not answer
 */
export async function preflight(
  job: Job,
  { tools, source, redis, objects, rates, isDryRun, signal }: PreflightOptions,
): Promise<Preflight> {
  const isWriting = job.task !== 'report' && job.task !== 'verify';
  const findings: Finding[] = redis === undefined ? [] : await redisFindings(redis);
  const bucket = await bucketFindings(job, tools.transport, signal);
  findings.push(...bucket.findings);
  if (isWriting) findings.push(descriptionFinding(job));
  const sample = await sampleFindings(job, tools, source, signal);
  findings.push(...sample.findings);
  if (isWriting && isDryRun !== true && bucket.mayDelete && job.targetKeys.length > 0) {
    findings.push(...(await probeFindings(job, tools, signal)));
  }
  const usesKms = sample.namesKms || job.targetKeys.some(({ wrapAlgorithm }) => wrapAlgorithm === 'kms');
  return {
    findings,
    isRefused: findings.some(({ verdict }) => verdict === 'refused'),
    estimate: estimateOf(job, { objects, usesKms, rates }),
    sideEffects: sideEffectsOf(job, sample.items),
  };
}

/** Whether it can be told from an object's headers that it has the job's keys: by their descriptions alone. */
function descriptionFinding({ targetKeys, task, format }: Job): Finding {
  if (targetKeys.length === 0) {
    return refused(
      'description',
      `The job names no key that writes the format ${JSON.stringify(format)}.`,
      'Give it a provider that wraps in that format.',
    );
  }
  if (targetKeys.every(({ description }) => Object.keys(description).length > 0)) {
    return ok(
      'description',
      'Each key of the job has a description, by which objects that have it are known.',
    );
  }
  const what =
    'A key of the job has no description, so nobody can tell from an object whether it has that key.';
  const fix = 'Give the provider a materialDescription, such as { key: "2027" }.';
  // What is encrypted at all is done for the task encrypt; yet the next rotation needs the description.
  return task === 'encrypt' ? warning('description', what, fix) : refused('description', what, fix);
}
