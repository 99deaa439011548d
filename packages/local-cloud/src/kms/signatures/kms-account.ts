import { z } from 'zod';

/** A set of credentials that the local KMS knows, and what it may do. */
export interface KmsAccount {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  /** Set for temporary (STS) credentials: requests must then carry exactly this token. */
  readonly securityToken?: string;
  /** When temporary credentials end. */
  readonly expiresAt?: Date;
  /** Actions that are refused with `Forbidden.NoPermission`, such as `Decrypt` or `kms:Decrypt`; `*` is all. */
  readonly deny?: readonly string[];
  /** When set, every action that is not listed is refused, like a RAM policy with only these actions. */
  readonly allow?: readonly string[];
}

/** The account that a local KMS knows when no other is given. */
export const defaultKmsAccount: KmsAccount = {
  accessKeyId: 'local-access-key-id',
  accessKeySecret: 'local-access-key-secret',
};

const kmsAccount = z.strictObject({
  accessKeyId: z.string().min(1),
  accessKeySecret: z.string().min(1),
  securityToken: z.string().min(1).exactOptional(),
  expiresAt: z.date().exactOptional(),
  deny: z.array(z.string().min(1)).readonly().exactOptional(),
  allow: z.array(z.string().min(1)).readonly().exactOptional(),
});

/** What the permission system says of an action. */
type Permission =
  | { readonly kind: 'allowed' }
  | { readonly kind: 'denied'; readonly noPermissionType: 'ExplicitDeny' | 'ImplicitDeny' };

/** The accounts of one local KMS. One access key id may be there with several security tokens. */
export class KmsAccounts {
  readonly #accounts: KmsAccount[] = [];

  /** @throws TypeError for an account that lacks an id or a secret, or has an unknown member */
  constructor(accounts: readonly KmsAccount[]) {
    for (const account of accounts) this.add(account);
  }

  /**
   * Adds credentials, replacing those with the same id and token.
   *
   * @throws TypeError for an account that lacks an id or a secret, or has an unknown member
   */
  add(account: KmsAccount): void {
    const result = kmsAccount.safeParse(account);
    if (!result.success) {
      throw new TypeError(`account is not valid: ${result.error.issues[0]?.message ?? 'unknown reason'}`);
    }
    const same = this.#accounts.findIndex(
      (known) => known.accessKeyId === account.accessKeyId && known.securityToken === account.securityToken,
    );
    if (same >= 0) this.#accounts.splice(same, 1);
    this.#accounts.push(account);
  }

  /** Forgets every account with this id: its requests are then `InvalidAccessKeyId.NotFound`. */
  remove(accessKeyId: string): void {
    for (let index = this.#accounts.length - 1; index >= 0; index -= 1) {
      if (this.#accounts[index]?.accessKeyId === accessKeyId) this.#accounts.splice(index, 1);
    }
  }

  /** The accounts with this id, with and without a token. */
  withId(accessKeyId: string): readonly KmsAccount[] {
    return this.#accounts.filter((account) => account.accessKeyId === accessKeyId);
  }
}

/** Whether an account may call an action. A denial wins over an allowance, as in RAM policies. */
export function permission(account: KmsAccount, action: string): Permission {
  const names = (list: readonly string[]): boolean =>
    list.some((name) => name === '*' || name === 'kms:*' || name.replace(/^kms:/, '') === action);
  if (account.deny !== undefined && names(account.deny)) {
    return { kind: 'denied', noPermissionType: 'ExplicitDeny' };
  }
  if (account.allow !== undefined && !names(account.allow)) {
    return { kind: 'denied', noPermissionType: 'ImplicitDeny' };
  }
  return { kind: 'allowed' };
}
