import { Argument, type Command, CommanderError, Option, Command as Program } from 'commander';
import {
  concurrency,
  type Run,
  wholeNumber,
  withFormat,
  withKeys,
  withOutput,
  withPlace,
} from './command-parts.js';
import { commonOptions, examples } from './help/common-options.js';
import { helpFormat } from './help/help-format.js';
import { english, type HelpLanguage } from './help/help-language.js';
import { addJobs } from './jobs-program.js';
import { printable } from './output/printable.js';
import type { OutputFlags } from './output/printer.js';

/** Adds a command of a name and a description to the program. */
type Add = (name: string, description: string) => Command;

/** All commands, in the order of the help. Each is a row here and a module of its own, which is loaded when it is run. */
const commands: readonly ((add: Add, run: Run) => Command)[] = [
  (add, run) =>
    withFormat(withKeys(add('cp', 'store a file as an encrypted object, or fetch one')))
      .argument('<src>', 'a path, -, or oss://bucket/key')
      .argument('<dst>', 'the other one')
      .option('-r, --recursive', 'a whole folder or prefix')
      .option('--content-type <type>', 'of what is stored')
      .option('--forbid-overwrite', 'refuse to replace an object')
      .addOption(concurrency())
      .addHelpText(
        'after',
        examples(
          'oss-envelope cp --key-folder keys report.pdf oss://photos/report.pdf',
          'oss-envelope cp --kms-key alias/photos -r oss://photos/2026/ ./2026',
        ),
      )
      .action((source: string, target: string, flags) =>
        run(flags, async (session) => (await import('./commands/cp.js')).cp(session, source, target, flags)),
      ),
  (add, run) =>
    withKeys(add('cat', 'write the plaintext of an object to standard output'))
      .argument('<object>', 'oss://bucket/key')
      .option('--range <range>', '0-99, 100- or -100')
      .addHelpText(
        'after',
        examples(
          'oss-envelope cat --key private.pem oss://photos/motto.txt',
          'oss-envelope cat --key-folder keys --range -100 oss://photos/log.txt',
        ),
      )
      .action((target: string, flags) =>
        run(flags, async (session) => (await import('./commands/cat.js')).cat(session, target, flags.range)),
      ),
  (add, run) =>
    withPlace(add('ls', 'list objects with format, size and keys; needs no key'))
      .argument('<prefix>', 'oss://bucket/prefix')
      .option('-d, --directory', 'one level only, as a folder')
      .addOption(concurrency())
      .addHelpText(
        'after',
        examples(
          'oss-envelope ls oss://photos/2026/',
          'oss-envelope ls --output json oss://photos/ | jq -r .format | sort | uniq -c',
        ),
      )
      .action((target: string, flags) =>
        run(flags, async (session) => (await import('./commands/ls.js')).ls(session, target, flags)),
      ),
  (add, run) =>
    withPlace(add('inspect', 'show the envelope of an object; needs no key'))
      .argument('<target>', 'oss://bucket/key, or a file with headers')
      .addHelpText(
        'after',
        examples('oss-envelope inspect oss://photos/motto.txt', 'oss-envelope inspect headers.txt'),
      )
      .action((target: string, flags) =>
        run(flags, async (session) => (await import('./commands/inspect.js')).inspect(session, target)),
      ),
  (add, run) =>
    withKeys(add('verify', 'open and read objects, and check all that can be'))
      .argument('<prefix>', 'oss://bucket/prefix')
      .addOption(concurrency())
      .addHelpText('after', examples('oss-envelope verify --key-folder keys oss://photos/2026/'))
      .action((target: string, flags) =>
        run(flags, async (session) => (await import('./commands/verify.js')).verify(session, target, flags)),
      ),
  (add, run) =>
    withKeys(add('rewrap', 'give objects other keys or recipients; bodies stay'))
      .argument('<prefix>', 'oss://bucket/prefix')
      .option('--dry-run', 'show what would be done')
      .addOption(concurrency())
      .addHelpText(
        'after',
        examples(
          'oss-envelope rewrap --key new.pem --other-key old.pem oss://photos/',
          'oss-envelope rewrap --dry-run --kms-key k --other-key old.pem oss://photos/',
        ),
      )
      .action((target: string, flags) =>
        run(flags, async (session) => (await import('./commands/rewrap.js')).rewrap(session, target, flags)),
      ),
  (add, run) =>
    withOutput(add('keygen', 'make a key, for its owner only; never overwrites one'))
      .addArgument(new Argument('<kind>', 'what to make').choices(['rsa', 'aes', 'age']))
      .argument('<path>', 'a folder for rsa, else a file')
      .addOption(new Option('--bits <n>', 'of an RSA key (default: 3072)').choices(['2048', '3072', '4096']))
      .option('--passphrase-file <file>', 'its first line encrypts the private RSA key')
      .addHelpText('after', examples('oss-envelope keygen rsa keys', 'oss-envelope keygen age photos.agekey'))
      .action((kind, path: string, flags) =>
        run(flags, async (session) =>
          (await import('./commands/keygen.js')).keygen(session, kind, path, {
            passphraseFile: flags.passphraseFile,
            bits: flags.bits === undefined ? undefined : (Number(flags.bits) as 2048),
          }),
        ),
      ),
  (add, run) =>
    withFormat(withKeys(add('presign', 'print a URL and headers, for a download or an upload')))
      .argument('<object>', 'oss://bucket/key')
      .addOption(
        new Option('--expires <seconds>', 'how long it lives')
          .argParser(wholeNumber(1, 604_800))
          .default(3600),
      )
      .option('--put <file>', 'for an upload: this file, which is encrypted here')
      .option('--body <file>', 'for an upload: where the encrypted file goes')
      .addHelpText(
        'after',
        examples(
          'oss-envelope presign --expires 600 oss://photos/motto.txt',
          'oss-envelope presign --key public.pem --put a --body a.enc oss://photos/a',
        ),
      )
      .action((target: string, flags) =>
        run(flags, async (session) =>
          (await import('./commands/presign.js')).presign(session, target, flags),
        ),
      ),
  (add, run) =>
    withFormat(withKeys(add('doctor', 'check credentials, clock, region, rights, CORS and keys')))
      .argument('[bucket]', 'oss://bucket')
      .option('--write', 'store and delete a small object too')
      .option('--origin <url>', 'the origin of a page, to try the CORS rule')
      .addHelpText(
        'after',
        examples(
          'oss-envelope doctor oss://photos',
          'oss-envelope doctor --write --kms-key alias/photos oss://photos',
        ),
      )
      .action((target: string | undefined, flags) =>
        run(flags, async (session) => (await import('./commands/doctor.js')).doctor(session, target, flags)),
      ),
  (add, run) =>
    withOutput(add('local', 'run an OSS and a KMS on this machine, for trying'))
      .option('--bucket <name>', 'the bucket to make', 'photos')
      .addOption(
        new Option('--port <n>', 'of the OSS; 0 takes a free one')
          .argParser(wholeNumber(0, 65_535))
          .default(9000),
      )
      .addOption(
        new Option('--kms-port <n>', 'of the KMS; 0 takes a free one')
          .argParser(wholeNumber(0, 65_535))
          .default(9001),
      )
      .option('--dir <folder>', 'keep objects in this folder (default: in memory)')
      .addHelpText('after', examples('oss-envelope local --bucket photos'))
      .action((flags) =>
        run(flags, async (session) => (await import('./commands/local.js')).local(session, flags)),
      ),
  (add, run) => addJobs(add('jobs', 'encrypt, rewrap, verify or count a whole bucket'), run),
];

/**
 * The command line: what can be said, and which command does it.
 *
 * @param language - of the help
 */
export function createProgram(version: string, run: Run, language: HelpLanguage = english): Command {
  const format = helpFormat(language);
  const { translate, wrongUsage } = language;
  const program = new Program('oss-envelope')
    .description('Encrypted objects of Alibaba Cloud OSS, and their keys')
    .version(version)
    .exitOverride()
    .configureOutput({
      outputError(message, write) {
        write(message.split('\n').map(printable).join('\n'));
        if (wrongUsage !== undefined) write(`  ${wrongUsage}\n`);
      },
    })
    .showHelpAfterError(translate('(--help shows what can be said)'))
    .configureHelp(format)
    .helpCommand(false)
    .addHelpText('after', `\n${programText.map(translate).join('\n')}`);
  const add: Add = (name, description) => {
    const command = program.command(name).description(description).exitOverride();
    command.copyInheritedSettings(program);
    return command;
  };

  for (const command of commands) command(add, run);
  addHelp(program, add('help', 'show the help of a command, or of the common options'), () =>
    commonOptions(withKeys, format),
  );
  return program;
}

const programText = [
  'Credentials come from OSS_ACCESS_KEY_ID and OSS_ACCESS_KEY_SECRET, from the',
  'settings of ossutil, or from the default chain of @alicloud/credentials.',
  '"oss-envelope complete bash" (zsh, fish) prints completions for a shell.',
  '',
  'Exit status: 0 done, 1 other, 2 usage, 3 not found, 4 refused, 5 try again,',
  '6 no fitting key, 7 integrity or malformed, 8 not encrypted, 130 interrupted.',
];

/** `help COMMAND`, `help jobs start`, and `help options`. */
function addHelp(program: Command, help: Command, options: () => Command): void {
  help
    .argument('[command...]', 'a command, or: options')
    .addHelpText('after', examples('oss-envelope help cp', 'oss-envelope help options'))
    .action((names: readonly string[]) => {
      if (names.join() === 'options') {
        options().configureOutput(program.configureOutput()).outputHelp();
        return;
      }
      let found = program;
      for (const name of names) {
        const next = found.commands.find((command) => command.name() === name);
        if (next === undefined) help.error(`error: unknown command '${names.join(' ')}'`);
        found = next;
      }
      found.outputHelp();
    });
}

/** Whether an error of the parser only says that help or the version was shown. */
export function isHelp(error: unknown): boolean {
  return error instanceof CommanderError && error.exitCode === 0;
}

/** Whether an error of the parser was already told. */
export function isUsageTold(error: unknown): boolean {
  return error instanceof CommanderError;
}

/** What an error of the parser says, in a line. */
export function usageMessage(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/^error: /, '');
}

/**
 * What a command line that cannot be read says of output, as far as can be seen: errors of the parser come before there are
 * any flags.
 */
export function wantsOf(args: readonly string[]): {
  readonly flags: OutputFlags;
  /** Whether standard output is for the content of an object. */
  readonly isContentPrinted: boolean;
} {
  const end = args.indexOf('--');
  const flags = end === -1 ? args : args.slice(0, end);
  const isJson = flags.some(
    (flag, index) => flag === '--output=json' || (flag === '--output' && flags[index + 1] === 'json'),
  );
  const isContentPrinted = args[0] === 'cat' || (args[0] === 'cp' && args.at(-1) === '-');
  return { flags: isJson ? { output: 'json' } : {}, isContentPrinted };
}
