import { type Command, InvalidArgumentError, Option } from 'commander';
import { addCommon, type CommonGroup } from './help/common-options.js';
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
  return common(command, 'Output:', [
    new Option('--output <kind>', 'how to print').choices(['text', 'json']).default('text'),
    new Option('-q, --quiet', 'nothing on standard error but failures'),
    new Option('-v, --verbose', 'more on standard error'),
  ]);
}

/** Where OSS is, and who asks. */
export function withPlace(command: Command): Command {
  return common(withOutput(command), 'Place:', [
    new Option('--region <id>', 'such as cn-hangzhou'),
    new Option('--endpoint <url>', 'of OSS (default: by the region)'),
    new Option('--config-file <file>', 'of ossutil (default: ~/.ossutilconfig)'),
    new Option('--profile <name>', 'a profile in that file'),
    new Option('--settings <file>', 'keys and format (default: ~/.oss-envelope.json)'),
  ]);
}

/** Which keys. */
export function withKeys(command: Command): Command {
  return common(withPlace(command), 'Keys:', [
    new Option('--key <file>', 'RSA: private to read and write, public to write'),
    new Option('--key-folder <folder>', 'an RSA pair, as keygen makes it'),
    new Option('--kms-key <id>', 'a key in KMS: its id, ARN or alias'),
    new Option('--kms-endpoint <url>', 'where KMS is, unless the region says it'),
    new Option('--age-identity <file>', 'an identity of age'),
    new Option('--secret-file <file>', 'a secret of 32 bytes'),
    new Option('--passphrase-file <file>', 'its first line opens an encrypted private key'),
    new Option('--description <name=value>', 'names the main key in objects; repeatable').argParser(collect),
    new Option('--recipient <key>', 'one more key to write for; repeatable').argParser(collect),
    new Option('--other-key <key>', 'one more key to read with; repeatable').argParser(collect),
  ]);
}

function common(command: Command, group: CommonGroup, options: readonly Option[]): Command {
  for (const option of options) addCommon(command, group, option);
  return command;
}

/** Which format. */
export function withFormat(command: Command): Command {
  return command.addOption(
    new Option('--format <name>', "to write, else 'sealed'").choices([
      'sealed',
      'oss-crypto',
      'client-side-encryption',
    ]),
  );
}

/** How many objects at once. */
export const concurrency = (): Option =>
  new Option('--concurrency <n>', 'objects at once').argParser(wholeNumber(1, 256)).default(8);
