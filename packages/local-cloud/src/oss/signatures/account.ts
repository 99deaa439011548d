/** A pair of access keys that the server knows; with a token it is a temporary (STS) one. */
export interface OssAccount {
  /** Access key id. */
  accessKeyId: string;
  /** Access key secret. */
  accessKeySecret: string;
  /** The token that every request of a temporary account must carry. */
  securityToken?: string | undefined;
  /** From this instant on the token is expired. Absent: never. */
  expiresAt?: Date | undefined;
}

/** The account that a server knows when no other is given. */
export const defaultOssAccount: Readonly<{ accessKeyId: string; accessKeySecret: string }> = Object.freeze({
  accessKeyId: 'local-access-key-id',
  accessKeySecret: 'local-access-key-secret',
});

/** The accounts of a running server; may be changed at any time. */
export class AccountBook {
  readonly #accounts = new Map<string, OssAccount>();

  constructor(accounts: Iterable<OssAccount>) {
    for (const account of accounts) this.add(account);
  }

  /** Adds an account, or replaces the one with the same id. */
  add(account: OssAccount): void {
    this.#accounts.set(account.accessKeyId, { ...account });
  }

  /** Forgets an account. Requests signed with it are refused from now on. */
  remove(accessKeyId: string): boolean {
    return this.#accounts.delete(accessKeyId);
  }

  /** The account with this id, or `undefined`. */
  find(accessKeyId: string): OssAccount | undefined {
    return this.#accounts.get(accessKeyId);
  }

  /**
   * Lets the token of a temporary account expire.
   * @param at The instant it expires at; default: it has expired already.
   * @throws {RangeError} When there is no such account.
   */
  expire(accessKeyId: string, at: Date = new Date(0)): void {
    const account = this.#accounts.get(accessKeyId);
    if (!account) throw new RangeError(`there is no account with the accessKeyId ${accessKeyId}`);
    account.expiresAt = at;
  }

  /** All accounts. */
  list(): OssAccount[] {
    return [...this.#accounts.values()];
  }
}
