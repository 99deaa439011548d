/** What every call of the port gets besides its parameters. */
export interface CallControl {
  /** Aborted when the caller gives up or the time is over. A client that cannot stop a request ignores it. */
  readonly signal: AbortSignal;
  /** The time the whole call may take, in milliseconds, for clients that keep the time themselves. */
  readonly timeoutMs: number;
}

interface ContextParameter {
  /** JSON text, sent byte for byte; undefined sends none. */
  readonly encryptionContext: string | undefined;
}

/** The parameters of each operation, under the names of the official clients. */
export interface KmsParameters {
  readonly GenerateDataKey: ContextParameter & {
    readonly keyId: string;
    readonly keySpec: 'AES_256';
    readonly numberOfBytes: number;
  };
  readonly Encrypt: ContextParameter & {
    readonly keyId: string;
    /** The text that Decrypt gives back. */
    readonly plaintext: string;
    /** Whether it is a secret. Then it travels in the request's body: URLs stand in the logs on the way. */
    readonly isSecret: boolean;
  };
  readonly Decrypt: ContextParameter & { readonly ciphertextBlob: string };
}

/** The operations by the names that KMS and RAM policies know them by. */
export type KmsAction = keyof KmsParameters;

/** The members of an answer that are used. Nothing about them is certain before they were checked. */
export interface KmsAnswer {
  readonly ciphertextBlob: unknown;
  readonly keyId: unknown;
  readonly plaintext: unknown;
  readonly requestId: unknown;
}

/**
 * The three operations of KMS (API 2016-01-20) that key wrapping needs.
 *
 * Contract: one call makes one request, or one more with other credentials. It may reject with whatever its client
 * throws: `resilientCall` turns that into this project's errors. It may be called at the same time.
 */
export type KmsCall = <Action extends KmsAction>(
  action: Action,
  parameters: KmsParameters[Action],
  control: CallControl,
) => Promise<KmsAnswer>;

/** The members of an answer, or nothing of something else. `rename` gives the client's name of a member. */
export function answerOf(value: unknown, rename: (member: string) => string = (member) => member): KmsAnswer {
  const members = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  const member = (name: keyof KmsAnswer): unknown => members[rename(name)];
  return {
    ciphertextBlob: member('ciphertextBlob'),
    keyId: member('keyId'),
    plaintext: member('plaintext'),
    requestId: member('requestId'),
  };
}

/** Where the parameters of a request travel, without those that are undefined. */
export interface PlacedParameters {
  readonly query: Readonly<Record<string, unknown>>;
  /** Undefined when none is a secret. */
  readonly body: Readonly<Record<string, unknown>> | undefined;
}

/** Puts a secret plaintext in the body, and all else in the query string, as the official clients have it. */
export function placeParameters({
  isSecret,
  plaintext,
  ...rest
}: { readonly isSecret?: boolean; readonly plaintext?: string } & object): PlacedParameters {
  const all = isSecret === true ? rest : { ...rest, plaintext };
  return {
    query: Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)),
    body: isSecret === true ? { plaintext } : undefined,
  };
}

/** Parameters as they go over the wire. */
export function wireNames(parameters: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => [pascalCase(name), String(value)]),
  );
}

/** KMS names parameters and members as the clients do, with a capital first. */
export function pascalCase(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
