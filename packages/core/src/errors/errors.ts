/** The stable codes of this project's errors. Messages are for people and may change; codes do not. */
export type ErrorCode = keyof ErrorsByCode;

interface ErrorsByCode {
  readonly ERR_ALGORITHM_NOT_SUPPORTED: AlgorithmNotSupportedError;
  readonly ERR_CAPABILITY_MISSING: CapabilityMissingError;
  readonly ERR_CHECKPOINT: CheckpointError;
  readonly ERR_CONTENT_TAKEN: ContentTakenError;
  readonly ERR_DELETION_INCOMPLETE: IncompleteDeletionError;
  readonly ERR_ENVELOPE_MALFORMED: MalformedEnvelopeError;
  readonly ERR_ENVELOPE_MISSING: MissingEnvelopeError;
  readonly ERR_INTEGRITY: IntegrityError;
  readonly ERR_INVALID_ARGUMENT: InvalidArgumentError;
  readonly ERR_KEY_UNWRAP_FAILED: KeyUnwrapError;
  readonly ERR_MASTER_KEY: MasterKeyError;
  readonly ERR_NO_MATCHING_KEY: NoMatchingKeyError;
  readonly ERR_FORMAT_NOT_ALLOWED: FormatNotAllowedError;
  readonly ERR_OBJECT_CHANGED: ObjectChangedError;
  readonly ERR_OBJECT_MISMATCH: ObjectMismatchError;
  readonly ERR_OUT_OF_RANGE: OutOfRangeError;
  readonly ERR_RANGE_NOT_SATISFIABLE: RangeNotSatisfiableError;
  readonly ERR_REENCRYPTION_NEEDED: ReencryptionNeededError;
  readonly ERR_SERVICE: ServiceError;
  readonly ERR_TRANSPORT: TransportError;
}

/** What a caller does with an object; `read` is the reading of content that `get` or `open` gave. */
export type ObjectOperation =
  | 'copy'
  | 'delete'
  | 'deleteMany'
  | 'download'
  | 'exists'
  | 'get'
  | 'head'
  | 'list'
  | 'open'
  | 'openUrl'
  | 'presignGet'
  | 'presignPut'
  | 'put'
  | 'read'
  | 'reencrypt'
  | 'rename'
  | 'rewrap';

/** The same in every copy of this package, so that copies know each other's errors. */
const brand: symbol = Symbol.for('@oss-envelope/error');

/**
 * Whether a value is an error of this project, and of this code if one is given. It also knows the errors of another
 * copy of this package in the same process.
 *
 * @example
 * try {
 *   await bucket.get('no such object');
 * } catch (error) {
 *   if (isOssEnvelopeError(error, 'ERR_SERVICE') && error.status === 404) console.log('It is not there.');
 *   else throw error;
 * }
 */
export function isOssEnvelopeError(value: unknown): value is OssEnvelopeError;
export function isOssEnvelopeError<Code extends ErrorCode>(
  value: unknown,
  code: Code,
): value is ErrorsByCode[Code];
export function isOssEnvelopeError(value: unknown, code?: ErrorCode): boolean {
  if (typeof value !== 'object' || value === null || !(brand in value)) return false;
  return code === undefined || (value as OssEnvelopeError).code === code;
}

function isInstance(named: typeof OssEnvelopeError, code: ErrorCode | undefined, value: unknown): boolean {
  // A class that a caller derived has no code of its own.
  if (named !== OssEnvelopeError && !Object.hasOwn(named, 'code')) {
    return Function.prototype[Symbol.hasInstance].call(named, value);
  }
  return code === undefined ? isOssEnvelopeError(value) : isOssEnvelopeError(value, code);
}

/**
 * The root of all errors of this project. `instanceof` works for it and for its classes across copies of this package:
 * it compares brand and code.
 */
export abstract class OssEnvelopeError extends Error {
  /** The code of the class; undefined for the root. */
  protected static readonly code?: ErrorCode;
  /** Stable: switch on this, not on the message. */
  abstract readonly code: ErrorCode;
  /** The call that failed; undefined outside the calls of a bucket. */
  declare readonly operation?: ObjectOperation | undefined;
  /** The object that the call was about. */
  declare readonly key?: string | undefined;
  /** The bucket's name, where the transport knows it. */
  declare readonly bucket?: string | undefined;

  constructor(message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    Object.defineProperty(this, brand, { value: true });
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    // biome-ignore lint/complexity/noThisInStatic: the class that `instanceof` names, not this one
    return isInstance(this, this.code, value);
  }
}

/**
 * The metadata hold an envelope that breaks the rules of its format: half of one, two at once, or values that do not
 * parse.
 */
export class MalformedEnvelopeError extends OssEnvelopeError {
  protected static override readonly code = 'ERR_ENVELOPE_MALFORMED' as const;
  override readonly name = 'MalformedEnvelopeError';
  readonly code = 'ERR_ENVELOPE_MALFORMED' as const;
}

/** The object carries no envelope, and the bucket's policy is to refuse such objects. */
export class MissingEnvelopeError extends OssEnvelopeError {
  protected static override readonly code = 'ERR_ENVELOPE_MISSING' as const;
  override readonly name = 'MissingEnvelopeError';
  readonly code = 'ERR_ENVELOPE_MISSING' as const;
}

/** The envelope, a runtime or a provider names or needs an algorithm that is unknown or not available here. */
export class AlgorithmNotSupportedError extends OssEnvelopeError {
  protected static override readonly code = 'ERR_ALGORITHM_NOT_SUPPORTED' as const;
  override readonly name = 'AlgorithmNotSupportedError';
  readonly code = 'ERR_ALGORITHM_NOT_SUPPORTED' as const;
}

/** A call needs something that the transport does not offer, such as uploads in parts. */
export class CapabilityMissingError extends OssEnvelopeError {
  protected static override readonly code = 'ERR_CAPABILITY_MISSING' as const;
  override readonly name = 'CapabilityMissingError';
  readonly code = 'ERR_CAPABILITY_MISSING' as const;
  /** The member of `ObjectTransport` that is missing. */
  readonly capability: string;

  constructor(capability: string, message: string) {
    super(message);
    this.capability = capability;
  }
}

/**
 * The object is in a format that the bucket does not read (its option `reads`). Anyone who can write to a bucket could
 * otherwise put an object without authentication in the place of a sealed one.
 */
export class FormatNotAllowedError extends OssEnvelopeError {
  protected static override readonly code = 'ERR_FORMAT_NOT_ALLOWED' as const;
  override readonly name = 'FormatNotAllowedError';
  readonly code = 'ERR_FORMAT_NOT_ALLOWED' as const;
}

/**
 * A sealed object is not the one that is expected here. The master key is right. But the object was moved or swapped,
 * its envelope was changed, or its context is another.
 */
export class ObjectMismatchError extends OssEnvelopeError {
  protected static override readonly code = 'ERR_OBJECT_MISMATCH' as const;
  override readonly name = 'ObjectMismatchError';
  readonly code = 'ERR_OBJECT_MISMATCH' as const;
}

/** Others changed an object while a call was under way that must not lose what they wrote. Make the call again. */
export class ObjectChangedError extends OssEnvelopeError {
  protected static override readonly code = 'ERR_OBJECT_CHANGED' as const;
  override readonly name = 'ObjectChangedError';
  readonly code = 'ERR_OBJECT_CHANGED' as const;
}

/** The keys of an object cannot be changed where it is: its content has to be written anew, by `reencrypt`. */
export class ReencryptionNeededError extends OssEnvelopeError {
  protected static override readonly code = 'ERR_REENCRYPTION_NEEDED' as const;
  override readonly name = 'ReencryptionNeededError';
  readonly code = 'ERR_REENCRYPTION_NEEDED' as const;
}

/** No provider of the bucket serves the envelope's wrap algorithm and material description. */
export class NoMatchingKeyError extends OssEnvelopeError {
  protected static override readonly code = 'ERR_NO_MATCHING_KEY' as const;
  override readonly name = 'NoMatchingKeyError';
  readonly code = 'ERR_NO_MATCHING_KEY' as const;
}

/**
 * The data key or the start value could not be unwrapped. One message for every cause, and never a `cause`: an
 * attacker who can write to the bucket must not learn why (CVE-2020-8911 is what happens otherwise).
 */
export class KeyUnwrapError extends OssEnvelopeError {
  protected static override readonly code = 'ERR_KEY_UNWRAP_FAILED' as const;
  override readonly name = 'KeyUnwrapError';
  readonly code = 'ERR_KEY_UNWRAP_FAILED' as const;

  constructor() {
    super(
      'The data key of this object could not be unwrapped. Check that the provider holds the master key that wrapped it, ' +
        "with the same encryption context if it is a KMS key, and that the object's metadata were not changed. Of several keys " +
        'with one materialDescription, or with none, only the first is tried.',
    );
  }
}

/** A master key cannot be used for what was asked: it does not parse, is too small, or is the wrong half of the pair. */
export class MasterKeyError extends OssEnvelopeError {
  protected static override readonly code = 'ERR_MASTER_KEY' as const;
  override readonly name = 'MasterKeyError';
  readonly code = 'ERR_MASTER_KEY' as const;
}

/** Bytes are not what they should be: a checksum, a length or a digest differs, or a body ended early. */
export class IntegrityError extends OssEnvelopeError {
  protected static override readonly code = 'ERR_INTEGRITY' as const;
  override readonly name = 'IntegrityError';
  readonly code = 'ERR_INTEGRITY' as const;
}

/** A checkpoint cannot be used: it is damaged, was changed, or belongs to another transfer. */
export class CheckpointError extends OssEnvelopeError {
  protected static override readonly code = 'ERR_CHECKPOINT' as const;
  override readonly name = 'CheckpointError';
  readonly code = 'ERR_CHECKPOINT' as const;
}

/** The content of an object, which can be read once, was taken before. */
export class ContentTakenError extends OssEnvelopeError {
  protected static override readonly code = 'ERR_CONTENT_TAKEN' as const;
  override readonly name = 'ContentTakenError';
  readonly code = 'ERR_CONTENT_TAKEN' as const;
}

/** An object that `deleteMany` did not delete. */
export interface FailedDeletion {
  readonly key: string;
  /** The service's code, such as `AccessDenied`; undefined where the service only does not say that it is deleted. */
  readonly serviceCode: string | undefined;
}

/** Some of the objects that were to be deleted were not; `failed` names each. All others are deleted. */
export class IncompleteDeletionError extends OssEnvelopeError {
  protected static override readonly code = 'ERR_DELETION_INCOMPLETE' as const;
  override readonly name = 'IncompleteDeletionError';
  readonly code = 'ERR_DELETION_INCOMPLETE' as const;
  readonly failed: readonly FailedDeletion[];

  constructor(message: string, failed: readonly FailedDeletion[]) {
    super(message);
    this.failed = failed;
  }
}

/** The asked range lies outside the object. */
export class RangeNotSatisfiableError extends OssEnvelopeError {
  protected static override readonly code = 'ERR_RANGE_NOT_SATISFIABLE' as const;
  override readonly name = 'RangeNotSatisfiableError';
  readonly code = 'ERR_RANGE_NOT_SATISFIABLE' as const;
}

/** The services that this project knows; a provider may name another. */
export type ServiceName = 'OSS' | 'KMS' | (string & {});

/** What is known of a service's refusal. */
export interface ServiceErrorDetails {
  /** The service that answered. */
  readonly service: ServiceName;
  /** The HTTP status; undefined where the client library hides it. */
  readonly status?: number | undefined;
  /** The service's own code, such as `NoSuchKey` or `Forbidden.KeyNotFound`. */
  readonly serviceCode?: string | undefined;
  /** The request id that the service's support asks for. */
  readonly requestId?: string | undefined;
  /** OSS's finer error code, such as `0026-00000001`. */
  readonly ec?: string | undefined;
  /** Whether the same request may succeed later. */
  readonly retryable?: boolean | undefined;
  /** How long the service asks to wait before that, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
}

/** A service (OSS, KMS, a provider's own) answered, and refused. The message never holds a URL, a signature or a body. */
export class ServiceError extends OssEnvelopeError {
  protected static override readonly code = 'ERR_SERVICE' as const;
  override readonly name = 'ServiceError';
  readonly code = 'ERR_SERVICE' as const;
  readonly service: ServiceName;
  readonly status: number | undefined;
  readonly serviceCode: string | undefined;
  readonly requestId: string | undefined;
  readonly ec: string | undefined;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;

  constructor(message: string, details: ServiceErrorDetails) {
    super(message);
    this.service = details.service;
    this.status = details.status;
    this.serviceCode = details.serviceCode;
    this.requestId = details.requestId;
    this.ec = details.ec;
    this.retryable = details.retryable ?? false;
    this.retryAfterMs = details.retryAfterMs;
  }
}

/** The exchange itself failed: no connection, a reset, a time-out, an answer that is not of the protocol. */
export class TransportError extends OssEnvelopeError {
  protected static override readonly code = 'ERR_TRANSPORT' as const;
  override readonly name = 'TransportError';
  readonly code = 'ERR_TRANSPORT' as const;
  /** Whether the same request may succeed later. */
  readonly retryable: boolean;

  constructor(message: string, options: { readonly retryable: boolean }) {
    super(message);
    this.retryable = options.retryable;
  }
}

/** A caller's mistake in the kind or the content of an argument, which `argument` names. */
export class InvalidArgumentError extends OssEnvelopeError {
  protected static override readonly code = 'ERR_INVALID_ARGUMENT' as const;
  override readonly name = 'InvalidArgumentError';
  readonly code = 'ERR_INVALID_ARGUMENT' as const;
  readonly argument: string;

  constructor(argument: string, expectation: string) {
    super(`${argument} ${expectation}`);
    this.argument = argument;
  }
}

/** A caller's mistake in the size or the value of an argument, which `argument` names. */
export class OutOfRangeError extends OssEnvelopeError {
  protected static override readonly code = 'ERR_OUT_OF_RANGE' as const;
  override readonly name = 'OutOfRangeError';
  readonly code = 'ERR_OUT_OF_RANGE' as const;
  readonly argument: string;

  constructor(argument: string, expectation: string) {
    super(`${argument} ${expectation}`);
    this.argument = argument;
  }
}
