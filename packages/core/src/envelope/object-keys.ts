import type { ContentKey } from '../cipher/content-scheme.js';
import type { FormatName, KeyProvider } from '../contract/key-provider.js';
import type { SecretBytes } from '../contract/secret-bytes.js';
import { FormatNotAllowedError } from '../errors/errors.js';
import { openContentKey } from './content-key.js';
import {
  type CreatedKey,
  createObjectKey,
  type KeyCreationOptions,
  type KeyRecord,
  type ObjectPlace,
  poolOf,
  type Sealing,
  type SharedWrappingKeys,
  sealing,
} from './created-key.js';
import type { Envelope } from './envelope.js';
import { assertDistinctRecipients, type OnUnknownDescription } from './provider-choice.js';
import { assertContext } from './sealed-envelope.js';
import type { OpeningOptions } from './sealing.js';

/** How a bucket makes and opens the keys of its objects. */
export interface ObjectKeysOptions extends KeyCreationOptions {
  /** Unwrap only. */
  readonly otherProviders: readonly KeyProvider[];
  /** S19: the formats that are read. */
  readonly reads: readonly FormatName[];
  readonly onUnknownDescription: OnUnknownDescription;
}

/** Makes and opens the keys of a bucket's objects, in whatever format they are. */
export class ObjectKeys {
  readonly #options: ObjectKeysOptions;
  readonly #shared: SharedWrappingKeys;

  /**
   * `sibling` has the same master keys: they share their wrapping keys.
   *
   * @throws InvalidArgumentError for recipients that readers could not tell apart
   */
  constructor(options: ObjectKeysOptions, sibling?: ObjectKeys) {
    if (options.recipients.length > 0) assertDistinctRecipients([options.provider, ...options.recipients]);
    this.#options = options;
    this.#shared = sibling === undefined ? {} : sibling.#shared;
  }

  /** S19: the formats that are read. */
  get reads(): readonly FormatName[] {
    return this.#options.reads;
  }

  /** S15: whether what is written opens by more than one master key. */
  get hasRecipients(): boolean {
    return this.#options.recipients.length > 0;
  }

  /**
   * A fresh key.
   *
   * @throws MasterKeyError when a provider cannot write the format; ServiceError, TransportError from a key service
   */
  async create(place: ObjectPlace, record: KeyRecord): Promise<CreatedKey> {
    return createObjectKey(this.#options, this.#shared, place, record);
  }

  /**
   * The key of an object, by the provider that its envelope names.
   *
   * @throws FormatNotAllowedError, ObjectMismatchError, NoMatchingKeyError, KeyUnwrapError, MasterKeyError,
   *   MalformedEnvelopeError, IntegrityError, ServiceError, TransportError
   */
  async open(envelope: Envelope, place: ObjectPlace): Promise<ContentKey> {
    this.assertRead(envelope.format);
    const { provider, otherProviders } = this.#options;
    return this.#open(envelope, [provider, ...otherProviders], this.#options.onUnknownDescription, place);
  }

  /**
   * S22 to S24: the envelope of the same content with its keys wrapped for the provider and the recipients of this
   * bucket. Nothing else of it changes, but for the object key that it is bound to.
   *
   * @param newKey - the key that the object is, or will be, stored as
   * @throws ReencryptionNeededError where the format does not allow that; else as {@link open} and {@link create}
   */
  async rewrap(envelope: Envelope, place: ObjectPlace, newKey: string): Promise<Envelope> {
    this.assertRead(envelope.format);
    const { provider, recipients, otherProviders, onUnknownDescription } = this.#options;
    const providers = [provider, ...otherProviders];
    const { signal } = place;
    if (envelope.format === 'sealed') {
      const module = await sealing();
      const pool = poolOf(module, this.#shared, this.#options);
      const wrapping = { recipients: [provider, ...recipients], objectKey: newKey, pool, signal };
      const opening = this.#opening(module, providers, onUnknownDescription, place);
      return module.rewrapSealedKey(envelope, opening, wrapping);
    }
    const { rewrapCounterKey } = await import('./counter-rewrapping.js');
    return rewrapCounterKey(envelope, providers, { provider, recipients, onUnknownDescription, signal });
  }

  /** The keys of the same bucket where it writes another format, context or binding. */
  writing(changes: Partial<Pick<ObjectKeysOptions, 'bound' | 'context' | 'format'>>): ObjectKeys {
    return new ObjectKeys({ ...this.#options, ...changes }, this);
  }

  /** Whether this bucket would write such an envelope today: in its format, for its master keys, of its context. */
  async wouldWrite(envelope: Envelope): Promise<boolean> {
    const { isAsWritten } = await import('./own-writing.js');
    return isAsWritten(envelope, this.#options);
  }

  /** The key of an object that this bucket wrote, by the provider that it writes with and no other. */
  async openOwn(envelope: Envelope, place: ObjectPlace): Promise<ContentKey> {
    return this.#open(envelope, [this.#options.provider], 'error', place);
  }

  /**
   * What the provider that writes derives from the part of its master key that unwraps, if it has one and gives it out.
   *
   * @throws MasterKeyError when it is not a secret of 32 bytes
   */
  async secretFor(purpose: string): Promise<SecretBytes | undefined> {
    const { derivedSecret } = await import('./own-writing.js');
    return derivedSecret(this.#options.provider, purpose);
  }

  /**
   * S19: the only thing that keeps an object without authentication out of a sealed one's place.
   *
   * @throws FormatNotAllowedError
   */
  assertRead(format: FormatName): void {
    const { reads } = this.#options;
    if (reads.includes(format)) return;
    throw new FormatNotAllowedError(
      `The object is in the format '${format}', and this bucket reads ${reads.map((name) => `'${name}'`).join(', ')}. ` +
        'If such objects are expected here, name the format in the option reads.',
    );
  }

  async #open(
    envelope: Envelope,
    providers: readonly KeyProvider[],
    onUnknownDescription: OnUnknownDescription,
    place: ObjectPlace,
  ): Promise<ContentKey> {
    if (envelope.format !== 'sealed') {
      // What the call asks for, the object cannot have. The bucket's own context is of the sealed objects among others.
      assertContext({}, place.context ?? {});
      return openContentKey(envelope, providers, { onUnknownDescription, signal: place.signal });
    }
    const module = await sealing();
    return module.openSealedKey(envelope, this.#opening(module, providers, onUnknownDescription, place));
  }

  #opening(
    { OpenedWrappingKeys }: Pick<Sealing, 'OpenedWrappingKeys'>,
    providers: readonly KeyProvider[],
    onUnknownDescription: OnUnknownDescription,
    { objectKey, context = {}, signal }: ObjectPlace,
  ): OpeningOptions {
    this.#shared.opened ??= new OpenedWrappingKeys();
    return {
      providers,
      onUnknownDescription,
      opened: this.#shared.opened,
      objectKey,
      contexts: [this.#options.context, context],
      signal,
    };
  }
}
