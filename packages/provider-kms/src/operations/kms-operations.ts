/** What every call of the port gets besides its parameters. */
export interface CallControl {
  /** Aborted when the caller gives up or the time is over. A client that cannot stop a request ignores it. */
  readonly signal: AbortSignal;
  /** The time the whole call may take, in milliseconds, for clients that keep the time themselves. */
  readonly timeoutMs: number;
}

/** Parameters of GenerateDataKey. */
export interface GenerateDataKeyParameters {
  readonly keyId: string;
  readonly keySpec: 'AES_256';
  readonly numberOfBytes: number;
  /** JSON text, sent byte for byte; undefined sends none. */
  readonly encryptionContext: string | undefined;
}

/** Parameters of Encrypt. */
export interface EncryptParameters {
  readonly keyId: string;
  /** The text that Decrypt gives back. It travels in the request's URL, so it must not be a secret. */
  readonly plaintext: string;
  /** JSON text, sent byte for byte; undefined sends none. */
  readonly encryptionContext: string | undefined;
}

/** Parameters of Decrypt. */
export interface DecryptParameters {
  readonly ciphertextBlob: string;
  /** JSON text, sent byte for byte; undefined sends none. */
  readonly encryptionContext: string | undefined;
}

/** The members of an answer that are used. Nothing about them is certain before they were checked. */
export interface KmsAnswer {
  readonly ciphertextBlob: unknown;
  readonly plaintext: unknown;
  readonly requestId: unknown;
}

/**
 * The three operations of KMS (API 2016-01-20) that key wrapping needs.
 *
 * Contract: one call makes one request; it neither retries nor keeps anything. It may reject with whatever its client
 * throws: `resilientOperations` turns that into this project's errors. It may be called concurrently.
 */
export interface KmsOperations {
  generateDataKey(parameters: GenerateDataKeyParameters, control: CallControl): Promise<KmsAnswer>;
  encrypt(parameters: EncryptParameters, control: CallControl): Promise<KmsAnswer>;
  decrypt(parameters: DecryptParameters, control: CallControl): Promise<KmsAnswer>;
}

/** The operations by the names that KMS and RAM policies know them by. */
export type KmsAction = 'GenerateDataKey' | 'Encrypt' | 'Decrypt';
