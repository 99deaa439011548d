import {
  EncryptedBucket,
  type FormatName,
  isOssEnvelopeError,
  type ObjectTransport,
} from '@oss-envelope/core';
import { fetchTransport } from '@oss-envelope/transport-fetch';
import { type KeyFlags, type KeySelection, selectKeys } from './keys/key-flags.js';
import { passphraseSource } from './keys/passphrase.js';
import {
  assertHasRecipients,
  keylessProvider,
  noKeyError,
  openProviders,
  type Providers,
} from './keys/providers.js';
import type { Ending } from './output/ending.js';
import { type OutputFlags, Printer } from './output/printer.js';
import { UsageError } from './output/usage-error.js';
import { type Connection, connectionOf, type PlaceFlags } from './settings/connection.js';
import { type Preferences, readPreferences } from './settings/preferences.js';

/** The flags that commands share. */
export interface CommonFlags extends OutputFlags, PlaceFlags, KeyFlags {
  readonly settings?: string | undefined;
  readonly format?: FormatName | undefined;
}

const allFormats: readonly FormatName[] = ['sealed', 'oss-crypto', 'client-side-encryption'];

/** What one run of the program works with. */
export class Session {
  readonly printer: Printer;
  /** Aborted when the work is to stop. */
  readonly signal: AbortSignal;
  /** Aborted when nobody reads standard output any longer. */
  readonly outputClosed: AbortSignal;
  /** Interrupts the program, as a signal does. */
  readonly interrupt: () => void;
  /** Whether a transfer was cut off that goes on when the same command is run again. */
  isCheckpointKept = false;
  readonly #flags: CommonFlags;
  readonly #environment: NodeJS.ProcessEnv;
  #preferences: Promise<Preferences> | undefined;
  #connection: Promise<Connection> | undefined;
  #providers: Promise<Providers> | undefined;

  constructor(flags: CommonFlags, ending: Ending, environment: NodeJS.ProcessEnv = process.env) {
    this.printer = new Printer(flags, { out: process.stdout, errors: process.stderr }, environment);
    this.signal = ending.signal;
    this.outputClosed = ending.outputClosed;
    this.interrupt = ending.interrupt;
    this.#flags = flags;
    this.#environment = environment;
  }

  /** How OSS is reached. @throws UsageError */
  async connection(): Promise<Connection> {
    this.#connection ??= this.#findConnection();
    return this.#connection;
  }

  async #findConnection(): Promise<Connection> {
    const found = await connectionOf(this.#flags, this.#environment);
    const { endpoint, region = '-', credentialsFrom: source } = found;
    this.printer.detail(this.printer.text('usesPlace', { endpoint, region, source }));
    return found;
  }

  /**
   * What sends requests about a bucket.
   *
   * @param retries - how often a request is sent again; as usual where it is left out
   * @throws UsageError, InvalidArgumentError
   */
  async transport(bucket: string, retries?: number): Promise<ObjectTransport> {
    const { endpoint, region, credentials } = await this.connection();
    return fetchTransport({ endpoint, region, bucket, credentials, retries });
  }

  /** Which keys are named, by flags and settings. @throws UsageError */
  async keys(): Promise<KeySelection> {
    this.#preferences ??= readPreferences(this.#flags.settings);
    return selectKeys(this.#flags, await this.#preferences, (message) => new UsageError(message));
  }

  /** The keys, opened. @throws UsageError when none is named; MasterKeyError that names the file */
  async providers(): Promise<Providers> {
    this.#providers ??= this.#openProviders();
    return this.#providers;
  }

  async #openProviders(): Promise<Providers> {
    const selection = await this.keys();
    if (selection.main === undefined) throw noKeyError();
    const all = [selection.main, ...selection.recipients, ...selection.others];
    const keys = all.map(({ from, place }) => `${from} ${place}`).join(', ');
    this.printer.detail(this.printer.text('usesKeys', { keys, format: await this.format() }));
    return openProviders(selection, {
      connection: () => this.connection(),
      kmsEndpoint: selection.kmsEndpoint,
      passphrase: passphraseSource(
        selection.passphraseFile,
        process.stdin.isTTY && process.stderr.isTTY ? this : undefined,
      ),
    });
  }

  /** The format to write: by flag or settings, or else `'sealed'`. @throws UsageError */
  async format(): Promise<FormatName> {
    this.#preferences ??= readPreferences(this.#flags.settings);
    return this.#flags.format ?? (await this.#preferences).format ?? 'sealed';
  }

  /**
   * A bucket that reads every format with the named keys, and gives objects these and the recipients. An object whose
   * description belongs to none of them is tried with the first key of its kind: on a command line, one key was named on
   * purpose.
   *
   * @param transport - what sends its requests, where it is not the usual one
   * @throws UsageError when no key is named
   */
  async bucket(name: string, transport?: ObjectTransport): Promise<EncryptedBucket> {
    return this.#bucketOf(name, 'sealed', transport);
  }

  /**
   * The same, which writes the wanted format.
   *
   * @throws UsageError when no key is named, or recipients are, and the format has none
   */
  async writingBucket(name: string): Promise<EncryptedBucket> {
    const format = await this.format();
    assertHasRecipients(format, await this.providers());
    return this.#bucketOf(name, format);
  }

  async #bucketOf(name: string, format: FormatName, transport?: ObjectTransport): Promise<EncryptedBucket> {
    const { provider, recipients, otherProviders } = await this.providers();
    const sends = transport ?? (await this.transport(name));
    try {
      return new EncryptedBucket({
        transport: sends,
        provider,
        ...(format === 'sealed' && { recipients }),
        otherProviders,
        format,
        reads: allFormats,
        onUnknownDescription: 'use-provider',
      });
    } catch (error) {
      throw await this.#inWordsOfFlags(error);
    }
  }

  /** The client names its options, which people on a command line do not see. */
  async #inWordsOfFlags(error: unknown): Promise<unknown> {
    if (!isOssEnvelopeError(error, 'ERR_INVALID_ARGUMENT')) return error;
    const index = /^options\.recipients\[(\d+)\]$/.exec(error.argument)?.[1];
    const recipient = index === undefined ? undefined : (await this.keys()).recipients[Number(index)];
    if (recipient === undefined) return error;
    const { from, place } = recipient;
    return new UsageError(
      `${from} ${place} is a key of the same kind as another one, and has its description too, or none as well: readers could not ` +
        `tell them apart. Name it: ${from} ${place}#name=value`,
    );
  }

  /** A bucket for calls that need no key. */
  async keylessBucket(name: string): Promise<EncryptedBucket> {
    return new EncryptedBucket({
      transport: await this.transport(name),
      provider: keylessProvider,
      format: 'sealed',
      reads: allFormats,
    });
  }
}
