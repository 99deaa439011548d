import { invalidParameter, ServiceError } from '../http/service-error.js';
import type { BlobKey } from './ciphertext-blob.js';

/** The state of a master key (KMS documentation, "Impact of CMK states on API call"). */
export type KeyState = 'Enabled' | 'Disabled' | 'PendingDeletion';

/** A master key as its owner sees it: everything but the key itself. */
export interface MasterKey {
  /** A UUID. */
  readonly keyId: string;
  /** `acs:kms:REGION:ACCOUNT:key/ID`. */
  readonly arn: string;
  readonly description: string;
  readonly state: KeyState;
  readonly createdAt: Date;
  /** When a key that is to be deleted will be gone. */
  readonly deleteAt: Date | undefined;
  /** The id of the version that encrypts. */
  readonly primaryVersionId: string;
}

/** An alias of a master key. */
export interface KeyAlias {
  /** With its prefix `alias/`. */
  readonly name: string;
  readonly arn: string;
  readonly keyId: string;
}

/** A version of a master key that may be used now. */
interface UsableVersion extends BlobKey {
  readonly keyId: string;
}

/** What a {@link KeyStore} needs from outside. */
interface KeyStoreOptions {
  /** Part of each ARN, such as `cn-hangzhou`. */
  readonly region: string;
  /** The numeric id of the owner, part of each ARN. */
  readonly ownerId: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly randomBytes: (length: number) => Uint8Array;
}

interface StoredKey {
  readonly keyId: string;
  readonly arn: string;
  readonly description: string;
  readonly createdAt: Date;
  readonly versions: BlobKey[];
  state: KeyState;
  deleteAt: Date | undefined;
}

const dayMs = 24 * 60 * 60 * 1000;
const aliasName = /^alias\/[A-Za-z0-9_/-]{1,255}$/;

/**
 * The master keys of one local KMS, in memory. Every method that takes a key accepts its id, its ARN or an alias
 * (where the service does). For one that is not there it throws {@link ServiceError} `Forbidden.KeyNotFound` or
 * `Forbidden.AliasNotFound`.
 */
export class KeyStore {
  readonly #options: KeyStoreOptions;
  readonly #keys = new Map<string, StoredKey>();
  readonly #keyIdByAlias = new Map<string, string>();

  constructor(options: KeyStoreOptions) {
    this.#options = options;
  }

  /**
   * Makes a key, enabled, with one version.
   *
   * @param description - up to 8192 characters
   */
  create(description = ''): MasterKey {
    const keyId = this.#uuid();
    const key: StoredKey = {
      keyId,
      arn: `acs:kms:${this.#options.region}:${this.#options.ownerId}:key/${keyId}`,
      description,
      createdAt: new Date(this.#options.now()),
      versions: [this.#newVersion()],
      state: 'Enabled',
      deleteAt: undefined,
    };
    this.#keys.set(keyId, key);
    return view(key);
  }

  /** All keys, oldest first. */
  list(): MasterKey[] {
    this.#dropDeleted();
    return [...this.#keys.values()].map(view);
  }

  /** The key that a reference names. */
  describe(reference: string): MasterKey {
    return view(this.#find(reference));
  }

  /** @throws ServiceError `Rejected.StateModifiedFailed` for a key that is to be deleted */
  enable(reference: string): void {
    const key = this.#find(reference);
    if (key.state === 'PendingDeletion') throw new ServiceError('Rejected.StateModifiedFailed');
    key.state = 'Enabled';
  }

  /** @throws ServiceError `Rejected.StateModifiedFailed` for a key that is to be deleted */
  disable(reference: string): void {
    const key = this.#find(reference);
    if (key.state === 'PendingDeletion') throw new ServiceError('Rejected.StateModifiedFailed');
    key.state = 'Disabled';
  }

  /**
   * Marks a key for deletion. Once the days have passed it is gone, with everything it encrypted.
   *
   * @param pendingWindowDays - 7 to 366
   * @throws ServiceError `Rejected.StateModifiedFailed` for a key that is to be deleted already
   */
  scheduleDeletion(reference: string, pendingWindowDays = 30): void {
    const key = this.#find(reference);
    if (key.state === 'PendingDeletion') throw new ServiceError('Rejected.StateModifiedFailed');
    key.state = 'PendingDeletion';
    key.deleteAt = new Date(this.#options.now() + pendingWindowDays * dayMs);
  }

  /**
   * Takes a mark for deletion back; the key is enabled then.
   *
   * @throws ServiceError `Rejected.StateModifiedFailed` for a key that is not to be deleted
   */
  cancelDeletion(reference: string): void {
    const key = this.#find(reference);
    if (key.state !== 'PendingDeletion') throw new ServiceError('Rejected.StateModifiedFailed');
    key.state = 'Enabled';
    key.deleteAt = undefined;
  }

  /** Gives a key a new primary version. Earlier versions still decrypt what they encrypted. */
  rotate(reference: string): MasterKey {
    const key = this.#find(reference);
    key.versions.push(this.#newVersion());
    return view(key);
  }

  /**
   * Names a key.
   *
   * @param name - `alias/` and 1 to 255 letters, digits, `_`, `-` or `/`
   * @throws ServiceError `AliasAlreadyExists`, `InvalidParameter` or, for a key that is to be deleted,
   * `Rejected.StateModifiedFailed`
   */
  createAlias(name: string, reference: string): void {
    if (!aliasName.test(name) || name.startsWith('alias/acs')) throw invalidParameter('AliasName');
    const key = this.#find(reference);
    if (this.#keyIdByAlias.has(name)) throw new ServiceError('AliasAlreadyExists');
    if (key.state === 'PendingDeletion') throw new ServiceError('Rejected.StateModifiedFailed');
    this.#keyIdByAlias.set(name, key.keyId);
  }

  /**
   * Makes an alias name another key.
   *
   * @throws ServiceError `Rejected.PendingDeletion` when the new key is to be deleted
   */
  updateAlias(name: string, reference: string): void {
    if (!this.#keyIdByAlias.has(name)) throw new ServiceError('Forbidden.AliasNotFound');
    const key = this.#find(reference);
    if (key.state === 'PendingDeletion') throw new ServiceError('Rejected.PendingDeletion');
    this.#keyIdByAlias.set(name, key.keyId);
  }

  /** Forgets an alias. The key stays. */
  deleteAlias(name: string): void {
    if (!this.#keyIdByAlias.delete(name)) throw new ServiceError('Forbidden.AliasNotFound');
  }

  /** All aliases, or those of one key, oldest first. */
  listAliases(reference?: string): KeyAlias[] {
    const keyId = reference === undefined ? undefined : this.#find(reference).keyId;
    this.#dropDeleted();
    return [...this.#keyIdByAlias]
      .filter(([, named]) => keyId === undefined || named === keyId)
      .map(([name, named]) => ({
        name,
        arn: `acs:kms:${this.#options.region}:${this.#options.ownerId}:${name}`,
        keyId: named,
      }));
  }

  /**
   * The version that encrypts for a key.
   *
   * @throws ServiceError `Rejected.Disabled` or `Rejected.PendingDeletion`
   */
  primaryVersion(reference: string): UsableVersion {
    const key = this.#find(reference);
    assertUsable(key);
    return { ...primary(key), keyId: key.keyId };
  }

  /**
   * The version that a blob names.
   *
   * @throws ServiceError `Forbidden.KeyNotFound`, `Rejected.Disabled` or `Rejected.PendingDeletion`
   */
  version(versionId: string): UsableVersion {
    this.#dropDeleted();
    for (const key of this.#keys.values()) {
      const version = key.versions.find(({ id }) => id === versionId);
      if (version !== undefined) {
        assertUsable(key);
        return { ...version, keyId: key.keyId };
      }
    }
    throw new ServiceError('Forbidden.KeyNotFound');
  }

  #find(reference: string): StoredKey {
    this.#dropDeleted();
    const scope = `acs:kms:${this.#options.region}:${this.#options.ownerId}:`;
    const local = reference.startsWith(scope) ? reference.slice(scope.length) : reference;
    if (local.startsWith('alias/')) {
      const key = this.#keys.get(this.#keyIdByAlias.get(local) ?? '');
      if (key === undefined) throw new ServiceError('Forbidden.AliasNotFound');
      return key;
    }
    const key = this.#keys.get(local === reference ? local : local.replace(/^key\//, ''));
    if (key === undefined) throw new ServiceError('Forbidden.KeyNotFound');
    return key;
  }

  #dropDeleted(): void {
    const nowMs = this.#options.now();
    for (const key of this.#keys.values()) {
      if (key.deleteAt === undefined || key.deleteAt.getTime() > nowMs) continue;
      this.#keys.delete(key.keyId);
      for (const [name, keyId] of this.#keyIdByAlias) {
        if (keyId === key.keyId) this.#keyIdByAlias.delete(name);
      }
    }
  }

  #newVersion(): BlobKey {
    return { id: this.#uuid(), key: this.#options.randomBytes(32) };
  }

  /** RFC 9562 §5.4 (UUID version 4), from the store's own randomness. */
  #uuid(): string {
    const bytes = Buffer.from(this.#options.randomBytes(16));
    bytes[6] = (bytes[6]! & 0x0f) | 0x40;
    bytes[8] = (bytes[8]! & 0x3f) | 0x80;
    return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  }
}

function primary(key: StoredKey): BlobKey {
  return key.versions[key.versions.length - 1]!;
}

function assertUsable(key: StoredKey): void {
  if (key.state === 'Disabled') throw new ServiceError('Rejected.Disabled');
  if (key.state === 'PendingDeletion') throw new ServiceError('Rejected.PendingDeletion');
}

function view(key: StoredKey): MasterKey {
  return {
    keyId: key.keyId,
    arn: key.arn,
    description: key.description,
    state: key.state,
    createdAt: key.createdAt,
    deleteAt: key.deleteAt,
    primaryVersionId: primary(key).id,
  };
}
