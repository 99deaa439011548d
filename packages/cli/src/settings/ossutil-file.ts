import { readFile } from 'node:fs/promises';
import { parse } from 'ini';
import * as z from 'zod/mini';
import { UsageError } from '../output/usage-error.js';
import { inHome } from './home.js';

/** What a profile of ossutil says. Every value may be missing. */
export interface OssutilProfile {
  readonly accessKeyId?: string | undefined;
  readonly accessKeySecret?: string | undefined;
  readonly securityToken?: string | undefined;
  readonly region?: string | undefined;
  readonly endpoint?: string | undefined;
  /** How credentials are found: `AK`, `StsToken`, `EcsRamRole` and others. Undefined for what the file holds. */
  readonly mode?: string | undefined;
}

/** Where ossutil keeps its settings. Undefined where there is no home folder. */
export function usualOssutilFile(): string | undefined {
  return inHome(['.ossutilconfig']);
}

const sections = z.record(z.string(), z.unknown());
const texts = z.record(z.string(), z.unknown());

/** The names of ossutil in lower case without `-` and `_`, since it takes any of these spellings. */
const fields: Readonly<Record<string, keyof OssutilProfile>> = {
  accesskeyid: 'accessKeyId',
  accesskeysecret: 'accessKeySecret',
  ststoken: 'securityToken',
  securitytoken: 'securityToken',
  region: 'region',
  endpoint: 'endpoint',
  mode: 'mode',
};

/**
 * Reads a profile of a settings file of ossutil: of version 2 (`[default]`, `[profile NAME]`), or of version 1
 * (`[Credentials]`). Names are taken in any case and with or without `-` and `_`, as ossutil takes them. A profile may
 * stand on another one by `source_profile`.
 *
 * @param path - the file; none, or a missing one, is an empty one unless `mustExist`
 * @throws UsageError for a profile that is not there, or a file that was asked for and cannot be read
 */
export async function readOssutilProfile(
  path: string | undefined,
  profile: string | undefined,
  mustExist: boolean,
): Promise<OssutilProfile> {
  if (path === undefined) {
    if (profile === undefined) return {};
    throw new UsageError(
      'A profile was named, but there is no home folder to look for settings in. Give --config-file.',
    );
  }
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' && !mustExist && profile === undefined) return '';
    throw new UsageError(`The settings file ${path} cannot be read (${error.code}). Check --config-file.`);
  });
  return profileOf(
    sections.parse(parse(wholeNames(text))),
    profile ?? 'default',
    path,
    profile !== undefined,
    [],
  );
}

/**
 * The text of a file for a parser that takes a dot in the name of a section for a section within another one, and a name
 * with a comment behind it for none.
 */
function wholeNames(text: string): string {
  return text
    .replace(/^\ufeff/, '')
    .replace(/^[^\S\r\n]*\[([^\]\r\n]*)\].*$/gm, (_, name: string) => `[${name.replace(/\\?\./g, '\\.')}]`);
}

function profileOf(
  file: Readonly<Record<string, unknown>>,
  name: string,
  path: string,
  mustExist: boolean,
  seen: readonly string[],
): OssutilProfile {
  // Names of sections have no case, as ossutil reads them.
  const plain = (title: string): string => title.trim().toLowerCase().replace(/\s+/g, ' ');
  const wanted = new Set([`profile ${plain(name)}`, plain(name)]);
  if (plain(name) === 'default') wanted.add('credentials');
  const section = Object.entries(file).find(
    ([title, value]) => wanted.has(plain(title)) && typeof value === 'object',
  )?.[1];
  if (section === undefined) {
    if (mustExist) throw new UsageError(`The settings file ${path} has no profile ${JSON.stringify(name)}.`);
    return {};
  }
  const found: Record<string, string> = {};
  let source: string | undefined;
  for (const [spelled, value] of Object.entries(texts.parse(section))) {
    const plain = spelled.toLowerCase().replace(/[-_]/g, '');
    const field = fields[plain];
    if (typeof value !== 'string' || value === '') continue;
    if (field !== undefined) found[field] = value;
    if (plain === 'sourceprofile') source = value;
  }
  if (source === undefined) return found;
  if (seen.includes(source)) {
    throw new UsageError(
      `The profile ${JSON.stringify(source)} of ${path} stands on itself by source_profile.`,
    );
  }
  return { ...profileOf(file, source, path, true, [...seen, name]), ...found };
}
