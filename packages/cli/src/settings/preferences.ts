import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import * as z from 'zod/mini';
import { UsageError } from '../output/usage-error.js';
import { inHome } from './home.js';

const someText = z.string().check(z.minLength(1));
const optionalText = z.optional(someText);
const pairs = z.record(z.string(), z.string());
const keyFile = z.union([someText, z.strictObject({ file: someText, description: z.optional(pairs) })]);

const schema = z.strictObject({
  format: z.optional(z.enum(['sealed', 'oss-crypto', 'client-side-encryption'])),
  key: optionalText,
  keyFolder: optionalText,
  kmsKey: optionalText,
  kmsEndpoint: optionalText,
  ageIdentity: optionalText,
  secretFile: optionalText,
  passphraseFile: optionalText,
  description: z.optional(pairs),
  recipients: z.optional(z.array(keyFile).check(z.maxLength(8))),
  otherKeys: z.optional(z.array(keyFile)),
});

/** What a settings file of this program says: keys by their files, and the format. It holds no secret. */
export type Preferences = z.infer<typeof schema>;

/** Those whose values are paths, which count from the folder of the file. */
const paths = ['key', 'keyFolder', 'ageIdentity', 'secretFile', 'passphraseFile'] as const;

/**
 * Reads a settings file: JSON with the names of the flags. When none is named, `~/.oss-envelope.json` is read.
 *
 * @throws UsageError for a file that was named and is not there, is not JSON, or has a setting that is not known
 */
export async function readPreferences(named: string | undefined): Promise<Preferences> {
  const path = named ?? inHome(['.oss-envelope.json']);
  if (path === undefined) return {};
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (named === undefined && (error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw new UsageError(
      `The settings file ${path} cannot be read (${(error as NodeJS.ErrnoException).code}). Check --settings.`,
    );
  }
  const value = parsed(text, path);
  const checked = schema.safeParse(value);
  if (!checked.success) {
    const [issue] = checked.error.issues;
    const place = issue === undefined || issue.path.length === 0 ? '' : ` at ${issue.path.join('.')}`;
    throw new UsageError(
      `The settings file ${path} has a fault${place}: ${issue?.message}. Known are ${Object.keys(schema.shape).join(', ')}.`,
    );
  }
  const folder = dirname(resolve(path));
  const absolute = Object.fromEntries(
    paths.flatMap((name) => {
      const found = checked.data[name];
      return found === undefined ? [] : [[name, resolve(folder, found)]];
    }),
  );
  const { recipients, otherKeys } = checked.data;
  const inFolder = (entry: z.infer<typeof keyFile>): z.infer<typeof keyFile> =>
    typeof entry === 'string' ? placeIn(folder, entry) : { ...entry, file: placeIn(folder, entry.file) };
  return {
    ...checked.data,
    ...absolute,
    ...(recipients !== undefined && { recipients: recipients.map(inFolder) }),
    ...(otherKeys !== undefined && { otherKeys: otherKeys.map(inFolder) }),
  };
}

/** A key of KMS and a recipient of age are no files. */
function placeIn(folder: string, place: string): string {
  return /^(?:kms:|age1)/.test(place) ? place : resolve(folder, place);
}

function parsed(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError(`The settings file ${path} is not JSON.`);
  }
}
