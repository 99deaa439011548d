import { readKeyFile } from '@oss-envelope/core/adapter/node';
import type { Ending } from '../output/ending.js';
import { printable } from '../output/printable.js';
import { prompted } from '../output/prompt.js';
import { UsageError } from '../output/usage-error.js';

/**
 * Where passphrases come from: a file, or a question on the terminal. Never a flag, which other users of the machine
 * could read.
 *
 * @param file - its first line is the passphrase
 * @param ending - of the program, which is interrupted when a question is; undefined where there is no terminal
 */
export function passphraseSource(
  file: string | undefined,
  ending: Pick<Ending, 'signal' | 'interrupt'> | undefined,
): (what: string) => Promise<string> {
  return async (what) => {
    if (file !== undefined) {
      const text = await readKeyFile(file, 'secret');
      if (text === undefined) throw new UsageError(`There is no file ${file}. Check --passphrase-file.`);
      return text.split(/\r?\n/, 1)[0] as string;
    }
    if (ending === undefined) {
      throw new UsageError(`${what} is encrypted under a passphrase. Give --passphrase-file FILE.`);
    }
    const { default: ask } = await import('@inquirer/password');
    const message = `Passphrase of ${printable(what)}`;
    return prompted(ending, (context) => ask({ message, mask: true }, context));
  };
}
