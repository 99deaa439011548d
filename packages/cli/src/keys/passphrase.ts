import { readKeyFile } from '@oss-envelope/core/adapter/node';
import { UsageError } from '../output/usage-error.js';

/**
 * Where passphrases come from: a file, or a question on the terminal. Never a flag, which other users of the machine
 * could read.
 *
 * @param file - its first line is the passphrase
 */
export function passphraseSource(
  file: string | undefined,
  isTerminal: boolean,
): (what: string) => Promise<string> {
  return async (what) => {
    if (file !== undefined) {
      const text = await readKeyFile(file, 'secret');
      if (text === undefined) throw new UsageError(`There is no file ${file}. Check --passphrase-file.`);
      return text.split(/\r?\n/, 1)[0] as string;
    }
    if (!isTerminal) {
      throw new UsageError(`${what} is encrypted under a passphrase. Give --passphrase-file FILE.`);
    }
    const { default: ask } = await import('@inquirer/password');
    return ask({ message: `Passphrase of ${what}`, mask: true }, { output: process.stderr });
  };
}
