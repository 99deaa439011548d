import { loaded } from '../adapter/lazy-module.js';
import type { FormatName, KeyProvider } from '../contract/key-provider.js';
import type { SecretBytes } from '../contract/secret-bytes.js';
import {
  type CreatedKey,
  createObjectKey,
  type KeyCreationOptions,
  type KeyRecord,
  type ObjectPlace,
  type SharedWrappingKeys,
} from './created-key.js';
import type { Envelope } from './envelope.js';
import type { OnUnknownDescription } from './provider-choice.js';
import { assertDistinctRecipients } from './wrapping-provider.js';

/** How a bucket makes and opens the keys of its objects. */
export interface ObjectKeysOptions extends KeyCreationOptions {
  /** Unwrap only. */
  readonly otherProviders: readonly KeyProvider[];
  /** S19: the formats that are read. */
  readonly reads: readonly FormatName[];
  readonly onUnknownDescription: OnUnknownDescription;
}

/** Makes the keys of a bucket's objects, and says who opens them: `key-opening.ts` does. */
export class ObjectKeys {
  /** For what opens keys, which most pages load later. */
  readonly options: ObjectKeysOptions;
  /** The same. */
  readonly shared: SharedWrappingKeys;

  /**
   * `sibling` has the same master keys: they share their wrapping keys.
   *
   * @throws InvalidArgumentError for recipients that readers could not tell apart
   */
  constructor(options: ObjectKeysOptions, sibling?: ObjectKeys) {
    if (options.recipients.length > 0) assertDistinctRecipients([options.provider, ...options.recipients]);
    this.options = options;
    this.shared = sibling === undefined ? {} : sibling.shared;
  }

  /** S19: the formats that are read. */
  get reads(): readonly FormatName[] {
    return this.options.reads;
  }

  /** S15: whether what is written opens by more than one master key. */
  get hasRecipients(): boolean {
    return this.options.recipients.length > 0;
  }

  /**
   * A fresh key.
   *
   * @throws MasterKeyError when a provider cannot write the format; ServiceError, TransportError from a key service
   */
  async create(place: ObjectPlace, record: KeyRecord): Promise<CreatedKey> {
    return createObjectKey(this.options, this.shared, place, record);
  }

  /** The keys of the same bucket where it writes another format, context or binding. */
  writing(changes: Partial<Pick<ObjectKeysOptions, 'bound' | 'context' | 'format'>>): ObjectKeys {
    return new ObjectKeys({ ...this.options, ...changes }, this);
  }

  /** Whether this bucket would write such an envelope today: in its format, for its master keys, of its context. */
  async wouldWrite(envelope: Envelope): Promise<boolean> {
    const { isAsWritten } = await loaded(import('./own-writing.js'));
    return isAsWritten(envelope, this.options);
  }

  /**
   * What the provider that writes derives from the part of its master key that unwraps, if it has one and gives it out.
   *
   * @throws MasterKeyError when it is not a secret of 32 bytes
   */
  async secretFor(purpose: string): Promise<SecretBytes | undefined> {
    const { derivedSecret } = await loaded(import('./own-writing.js'));
    return derivedSecret(this.options.provider, purpose);
  }
}
