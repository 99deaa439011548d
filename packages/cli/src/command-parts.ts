import { type Command, InvalidArgumentError, Option } from 'commander';
import type { ExitCode } from './output/exit-code.js';
import type { CommonFlags, Session } from './session.js';

// What the commands share of the command line.

/** Runs one command in a session of its flags, and keeps its exit status. */
export type Run = (flags: CommonFlags, work: (session: Session) => Promise<ExitCode>) => Promise<void>;

/** Reads a whole number within limits. */
export const wholeNumber =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < least || value > most) {
      throw new InvalidArgumentError(`It is a whole number from ${least} to ${most}.`);
    }
    return value;
  };

/** Collects the values of an option that may be given more than once. */
export const collect = (value: string, before: readonly string[] | undefined): string[] => [
  ...(before ?? []),
  value,
];

/** How results are printed. */
export function withOutput(command: Command): Command {
  return command
    .addOption(
      new Option('--output <kind>', 'lines of text or of JSON').choices(['text', 'json']).default('text'),
    )
    .option('-q, --quiet', 'nothing on standard error but failures')
    .option('-v, --verbose', 'more on standard error');
}

/** Where OSS is, and who asks. */
export function withPlace(command: Command): Command {
  return withOutput(command)
    .option('--region <id>', 'such as cn-hangzhou; else OSS_REGION, or the settings of ossutil')
    .option('--endpoint <url>', 'else OSS_ENDPOINT, the settings of ossutil, or by the region')
    .option('--config-file <file>', "ossutil's settings (default: ~/.ossutilconfig)")
    .option('--profile <name>', 'a profile of them')
    .option('--settings <file>', 'keys and format by name (default: ~/.oss-envelope.json)');
}

/** Which keys. */
export function withKeys(command: Command): Command {
  return withPlace(command)
    .option('--key <file>', 'an RSA key: private to read and write, public to write')
    .option('--key-folder <folder>', 'an RSA pair, as keygen makes it')
    .option('--kms-key <id>', 'a key in KMS: its id, ARN or alias')
    .option('--kms-endpoint <url>', 'where KMS is, unless the region says it')
    .option('--age-identity <file>', 'an identity of age')
    .option('--secret-file <file>', 'a secret of 32 bytes')
    .option('--passphrase-file <file>', 'its first line opens an encrypted private key')
    .option('--description <name=value>', 'the name of the main key in objects; repeatable', collect)
    .option(
      '--recipient <key>',
      'one more key that opens what is written: a file, age1…, kms:ID; repeatable',
      collect,
    )
    .option(
      '--other-key <key>',
      'one more key to read with, as a recipient; KEY#NAME=VALUE gives its description; repeatable',
      collect,
    );
}

/** Which format. */
export function withFormat(command: Command): Command {
  return command.addOption(
    new Option('--format <name>', "what is written (default: 'sealed')").choices([
      'sealed',
      'oss-crypto',
      'client-side-encryption',
    ]),
  );
}

/** How many objects at once. */
export const concurrency = (): Option =>
  new Option('--concurrency <n>', 'objects at once').argParser(wholeNumber(1, 256)).default(8);

/** Examples, as the help of a command shows them. */
export const examples = (...lines: readonly string[]): string =>
  `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}`;
