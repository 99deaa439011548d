import { connectPaces, jobTools, openBucketLedger, queueTelemetry, workOnQueue } from '@oss-envelope/jobs';
import { type ExitCode, exitCode } from '../../output/exit-code.js';
import { printable } from '../../output/printable.js';
import { UsageError } from '../../output/usage-error.js';
import type { Session } from '../../session.js';
import { formatOssUrl, parseOssUrl } from '../../settings/oss-url.js';
import { jobBucketOptions, type RateFlags } from './job-bucket.js';
import { openJobSource } from './job-source.js';
import { jobProgress } from './job-view.js';
import { redisUrl } from './redis-url.js';

/** What `jobs work` is told besides the keys. */
export interface WorkFlags extends RateFlags {
  readonly redis?: string | true | undefined;
  readonly telemetry?: boolean | undefined;
  readonly concurrency: number;
}

/** Works on the jobs of a bucket, beside any number of other processes, until it is interrupted. */
export async function work(session: Session, target: string, flags: WorkFlags): Promise<ExitCode> {
  const { printer, signal } = session;
  const { bucket, key } = parseOssUrl(target);
  if (key !== '') {
    throw new UsageError(
      `Name the bucket alone: ${formatOssUrl({ bucket, key: '' })}. What a job is about was said when it began.`,
    );
  }
  const redis = redisUrl(flags.redis ?? true) as string;
  const telemetry = flags.telemetry ? await queueTelemetry() : undefined;
  await session.providers();
  const paces = await connectPaces(redis, { ossPerSecond: flags.rate, kmsPerSecond: flags.kmsRate });
  const progress = await jobProgress(printer);
  printer.note(printer.text('jobWorking', { bucket }));
  try {
    await workOnQueue({
      redis,
      telemetry,
      bucketName: bucket,
      signal,
      concurrency: flags.concurrency,
      onObject: progress.add,
      onNews: (news) => printer.note(printable(news)),
      open: async (id) => {
        const ledger = await openBucketLedger(await session.transport(bucket), id);
        const options = await jobBucketOptions(session, bucket, ledger.job, paces);
        const source = await openJobSource(session, ledger.job, options.transport);
        return { ledger, source, tools: jobTools(ledger.job, options) };
      },
    });
    return exitCode.done;
  } finally {
    progress.stop();
    paces.close();
  }
}
