import { type Command, Option } from 'commander';
import { collect, type Run, wholeNumber, withFormat, withKeys, withPlace } from './command-parts.js';
import type { StartFlags } from './commands/jobs/job-flags.js';
import type { WorkFlags } from './commands/jobs/work.js';
import { examples, shortExamples } from './help/common-options.js';
import { explainElsewhere } from './help/help-format.js';
import type { CommonFlags } from './session.js';

/** `oss-envelope jobs …`: what is done to a whole bucket. */
export function addJobs(jobs: Command, run: Run): Command {
  const add = (name: string, description: string): Command => {
    const command = jobs.command(name).description(description).exitOverride();
    command.copyInheritedSettings(jobs);
    return command;
  };
  const rates = (command: Command): Command =>
    command
      .addOption(
        new Option('--concurrency <n>', 'objects at once').argParser(wholeNumber(1, 1024)).default(32),
      )
      .addOption(
        new Option('--rate <n>', 'requests to OSS a second (default: 9000)').argParser(
          wholeNumber(1, 1_000_000),
        ),
      )
      .addOption(
        new Option('--kms-rate <n>', 'calls of KMS a second (default: 900)').argParser(
          wholeNumber(1, 1_000_000),
        ),
      )
      .option('--redis [url]', 'over a queue in Redis (default: OSS_ENVELOPE_REDIS_URL)')
      .option('--telemetry', 'traces and metrics of the queue, by bullmq-otel');

  const start = rates(withKeys(add('start', 'begin a job, or go on with it: here, or over Redis')));
  // They are those of `work`, and all of them would not fit a screen.
  for (const option of start.options) explainElsewhere(option);
  withFormat(start)
    .argument('<prefix>')
    .addOption(
      new Option('--task <name>', 'what to do')
        .choices(['encrypt', 'reencrypt', 'rewrap', 'verify', 'report'])
        .makeOptionMandatory(),
    )
    .option('--folder <folder>', 'where it is kept (default: by task and bucket)')
    .option('--id <name>', 'its name (default: by task and bucket)')
    .addOption(
      new Option('--grade <name>', 'how content is replaced')
        .choices(['direct', 'stage', 'versions'])
        .default('direct'),
    )
    .option('--inventory <manifest>', 'names of an inventory: oss://bucket/…/manifest.json')
    .option('--keys-file <file>', 'names of a file, such as the failures of a job')
    .addOption(
      new Option(
        '--where <filter>',
        'only objects with modified-since=, modified-before=, min-size=, max-size=, class=, format=; repeatable',
      ).argParser(collect),
    )
    .addOption(
      new Option('--objects <n>', 'how many there are, about: for fees and time left').argParser(
        wholeNumber(1, 1_000_000_000_000),
      ),
    )
    .addOption(
      new Option('--acl <name>', 'of every object, where it is known').choices([
        'default',
        'private',
        'public-read',
        'public-read-write',
      ]),
    )
    .option('--dry-run', 'the same without the writes')
    .option('-y, --yes', 'begin without asking')
    .addHelpText(
      'after',
      shortExamples(
        'oss-envelope jobs start --task rewrap --key new --other-key old oss://photos',
        'oss-envelope jobs start --task encrypt --redis --kms-key k oss://photos',
      ),
    )
    .action((target: string, flags: CommonFlags & StartFlags) =>
      run(flags, async (session) => (await import('./commands/jobs/start.js')).start(session, target, flags)),
    );

  rates(withKeys(add('work', 'work on the jobs of a bucket, beside other processes')))
    .argument('<bucket>', 'oss://bucket')
    .addHelpText(
      'after',
      examples('oss-envelope jobs work --redis redis://queue --key-folder keys oss://photos'),
    )
    .action((target: string, flags: CommonFlags & WorkFlags) =>
      run(flags, async (session) => (await import('./commands/jobs/work.js')).work(session, target, flags)),
    );

  for (const [name, description, wanted] of [
    ['pause', 'let a job rest when its pages are done', 'pause'],
    ['resume', 'let a paused job go on', 'run'],
    ['cancel', 'end a job when its pages are done', 'cancel'],
  ] as const) {
    withPlace(add(name, description))
      .argument('<job>', 'its folder, or oss://bucket/.oss-envelope/jobs/id')
      .addHelpText('after', examples(`oss-envelope jobs ${name} oss-envelope-rewrap-photos`))
      .action((job: string, flags) =>
        run(flags, async (session) => (await import('./commands/jobs/look.js')).wish(session, job, wanted)),
      );
  }
  for (const [name, description] of [
    ['status', 'show how far a job is'],
    ['report', 'show what came of it, and if the old key is still needed'],
    ['failures', 'list what was not done; JSON of it can be fed in again'],
  ] as const) {
    withPlace(add(name, description))
      .argument('<job>', 'its folder, or oss://bucket/.oss-envelope/jobs/id')
      .addHelpText('after', examples(`oss-envelope jobs ${name} oss-envelope-rewrap-photos`))
      .action((job: string, flags) =>
        run(flags, async (session) => (await import('./commands/jobs/look.js'))[name](session, job)),
      );
  }
  return jobs.addHelpText(
    'after',
    examples(
      'oss-envelope jobs start --task report oss://photos',
      'oss-envelope jobs status oss-envelope-report-photos',
    ),
  );
}
