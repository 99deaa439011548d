import { type FormatName, isOssEnvelopeError, type KeyProvider, MasterKeyError } from '@oss-envelope/core';
import { readKeyFile } from '@oss-envelope/core/adapter/node';
import { UsageError } from '../output/usage-error.js';
import type { Connection } from '../settings/connection.js';
import type { KeySelection, KeySource } from './key-flags.js';

/** What providers are made of, besides the keys themselves. */
export interface KeyContext {
  /** How KMS is reached: only a key there needs it. */
  readonly connection: () => Promise<Connection>;
  readonly kmsEndpoint: string | undefined;
  /** Asked for when a private key turns out to be encrypted, once for each key. */
  readonly passphrase: (what: string) => Promise<string>;
}

/** The providers of a bucket. */
export interface Providers {
  readonly provider: KeyProvider;
  readonly recipients: readonly KeyProvider[];
  readonly otherProviders: readonly KeyProvider[];
}

/** A provider for commands that unwrap nothing, such as `ls`: it refuses whatever it is asked. */
export const keylessProvider: KeyProvider = {
  materialDescription: {},
  wraps: {},
  unwraps: [],
  wrapKey: async () => {
    throw noKeyError();
  },
  unwrapKey: async () => {
    throw noKeyError();
  },
};

/** What to say where a key is needed and none was named. */
export function noKeyError(): UsageError {
  return new UsageError(
    'No key was named. Give --key FILE, --key-folder FOLDER, --kms-key ID, --age-identity FILE or --secret-file FILE, or put one ' +
      'of them into the settings file. `oss-envelope keygen` makes one.',
  );
}

/**
 * Refuses recipients where a format is to be written that opens by one key: they would be told nothing, and could open
 * nothing.
 *
 * @throws UsageError
 */
export function assertHasRecipients(format: FormatName, { recipients }: Pick<Providers, 'recipients'>): void {
  if (format === 'sealed' || recipients.length === 0) return;
  throw new UsageError(
    `An object in the format '${format}' opens by one key, and recipients were named by --recipient or the settings. Give --format sealed, or leave them out.`,
  );
}

/** Opens all keys of a selection. @throws UsageError, MasterKeyError, InvalidArgumentError that name the file */
export async function openProviders(selection: KeySelection, context: KeyContext): Promise<Providers> {
  if (selection.main === undefined) throw noKeyError();
  const provider = await openKey(selection.main, context);
  // One after the other: what is asked about them comes in the order of the flags, and nothing is asked at once.
  const all = async (sources: readonly KeySource[]): Promise<KeyProvider[]> => {
    const providers: KeyProvider[] = [];
    for (const source of sources) providers.push(await openKey(source, context));
    return providers;
  };
  return {
    provider,
    recipients: await all(selection.recipients),
    otherProviders: await all(selection.others),
  };
}

async function openKey(source: KeySource, context: KeyContext): Promise<KeyProvider> {
  const materialDescription = source.description;
  switch (source.kind) {
    case 'folder':
      return rsaFolder(source.place, materialDescription, context);
    case 'kms':
      return kms(source.place, materialDescription, context);
    case 'age': {
      const { ageProvider } = await import('@oss-envelope/provider-age');
      const { ageIdentityInFile } = await import('@oss-envelope/provider-age/node');
      return ageProvider({ ...(await ageIdentityInFile(source.place)), materialDescription });
    }
    case 'secret': {
      const { aesProvider } = await import('@oss-envelope/provider-aes');
      const { aesSecretInFile } = await import('@oss-envelope/provider-aes/node');
      return aesProvider({ secret: await aesSecretInFile(source.place), materialDescription });
    }
    case 'file':
      return keyFile(source, context);
    case 'any':
      return anyKey(source, context);
  }
}

/** A key that is named without its kind: `kms:ID`, a recipient of age, or a file of any kind. */
async function anyKey(source: KeySource, context: KeyContext): Promise<KeyProvider> {
  const { place, description } = source;
  if (place.startsWith('kms:')) return kms(place.slice('kms:'.length), description, context);
  if (/^age1[0-9a-z]+$/.test(place)) {
    const { ageProvider } = await import('@oss-envelope/provider-age');
    return ageProvider({ recipients: place, materialDescription: description });
  }
  return keyFile(source, context);
}

/** A file whose text says what it holds. */
async function keyFile(source: KeySource, context: KeyContext): Promise<KeyProvider> {
  const { place, description: materialDescription, from } = source;
  const text = await readKeyFile(place, 'public');
  if (text === undefined) throw new MasterKeyError(`There is no file ${place}. Check ${from}.`);
  if (/^age1[0-9a-z]+\s*$/m.test(text) && !/AGE-SECRET-KEY-/.test(text)) {
    const { ageProvider } = await import('@oss-envelope/provider-age');
    return ageProvider({ recipients: text, materialDescription });
  }
  if (/AGE-SECRET-KEY-/.test(text)) return openKey({ ...source, kind: 'age' }, context);
  if (/PRIVATE KEY/.test(text)) return rsaPrivate(place, from, materialDescription, context);
  if (/PUBLIC KEY|"kty"/.test(text)) {
    const { rsaProvider } = await import('@oss-envelope/provider-rsa');
    return rsaProvider({ publicKey: text, materialDescription });
  }
  return openKey({ ...source, kind: 'secret' }, context);
}

/** A private key has its public half in it, so one file reads and writes. */
async function rsaPrivate(
  place: string,
  from: string,
  materialDescription: Readonly<Record<string, string>>,
  context: KeyContext,
): Promise<KeyProvider> {
  const privateKey = await readKeyFile(place, 'secret');
  if (privateKey === undefined) throw new MasterKeyError(`There is no file ${place}. Check ${from}.`);
  const passphrase = /ENCRYPTED/.test(privateKey) ? await context.passphrase(place) : undefined;
  const { rsaProvider, rsaPublicKeyOf } = await import('@oss-envelope/provider-rsa');
  const publicKey = await rsaPublicKeyOf({ privateKey, passphrase }).catch((error) => {
    if (!isOssEnvelopeError(error)) throw error;
    throw new MasterKeyError(`${place}: ${error.message}`);
  });
  return rsaProvider({ privateKey, publicKey, passphrase, materialDescription });
}

async function rsaFolder(
  place: string,
  materialDescription: Readonly<Record<string, string>>,
  context: KeyContext,
): Promise<KeyProvider> {
  const { rsaProvider } = await import('@oss-envelope/provider-rsa');
  const { rsaKeyPairInFolder } = await import('@oss-envelope/provider-rsa/node');
  const folder = place;
  const text = await readKeyFile(`${place}/.private_key.pem`, 'secret').catch(() => undefined);
  const passphrase =
    text !== undefined && /ENCRYPTED/.test(text) ? await context.passphrase(place) : undefined;
  return rsaProvider({ ...(await rsaKeyPairInFolder({ folder, passphrase })), materialDescription });
}

async function kms(
  keyId: string,
  materialDescription: Readonly<Record<string, string>>,
  { connection, kmsEndpoint }: KeyContext,
): Promise<KeyProvider> {
  const { kmsFetchProvider } = await import('@oss-envelope/provider-kms/fetch');
  const { region, credentials } = await connection();
  if (kmsEndpoint === undefined && region === undefined) {
    throw new UsageError(
      'A key in KMS was named, but no region. Give --region cn-hangzhou, or --kms-endpoint.',
    );
  }
  return kmsFetchProvider({
    ...(kmsEndpoint === undefined ? { region } : { endpoint: kmsEndpoint }),
    credentials,
    keyId,
    materialDescription,
  });
}
