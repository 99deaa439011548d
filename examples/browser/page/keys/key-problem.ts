/** Why a key cannot be taken; `cause` is what the library says. */
export class KeyProblem extends Error {
  override readonly name = 'KeyProblem';

  readonly reason: 'badKey' | 'halves' | 'notAKey' | 'passphrase';

  constructor(reason: KeyProblem['reason'], options?: ErrorOptions) {
    super(
      options?.cause instanceof Error ? options.cause.message : `The key cannot be used: ${reason}`,
      options,
    );
    this.reason = reason;
  }
}
