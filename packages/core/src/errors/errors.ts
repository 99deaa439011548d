/** The stable codes of this project's errors. Messages are for people and may change; codes do not. */
export type ErrorCode =
  | 'ERR_ALGORITHM_NOT_SUPPORTED'
  | 'ERR_CHECKPOINT'
  | 'ERR_ENVELOPE_MALFORMED'
  | 'ERR_ENVELOPE_MISSING'
  | 'ERR_INTEGRITY'
  | 'ERR_INVALID_ARGUMENT'
  | 'ERR_KEY_UNWRAP_FAILED'
  | 'ERR_MASTER_KEY'
  | 'ERR_NO_MATCHING_KEY'
  | 'ERR_OUT_OF_RANGE'
  | 'ERR_RANGE_NOT_SATISFIABLE'
  | 'ERR_SERVICE'
  | 'ERR_TRANSPORT';

/** The base of every error that is not a caller's mistake. */
export abstract class OssEnvelopeError extends Error {
  /** Stable; switch on this, not on the message. */
  abstract readonly code: ErrorCode;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** The object's metadata hold an envelope that breaks its format's rules: half of one, two at once, or values that do not parse. */
export class MalformedEnvelopeError extends OssEnvelopeError {
  readonly code = 'ERR_ENVELOPE_MALFORMED' as const;
}

/** The object carries no envelope, and the bucket's policy is to refuse such objects. */
export class MissingEnvelopeError extends OssEnvelopeError {
  readonly code = 'ERR_ENVELOPE_MISSING' as const;
}

/** The envelope, a runtime or a provider names or needs an algorithm that is unknown or not available here. */
export class AlgorithmNotSupportedError extends OssEnvelopeError {
  readonly code = 'ERR_ALGORITHM_NOT_SUPPORTED' as const;
}

/** No provider of the bucket serves the envelope's wrap algorithm and material description. */
export class NoMatchingKeyError extends OssEnvelopeError {
  readonly code = 'ERR_NO_MATCHING_KEY' as const;
}

/**
 * The data key or the start value could not be unwrapped. One message for every cause, and never a `cause`: an
 * attacker who can write to the bucket must not learn why (CVE-2020-8911 is what happens otherwise).
 */
export class KeyUnwrapError extends OssEnvelopeError {
  readonly code = 'ERR_KEY_UNWRAP_FAILED' as const;

  constructor() {
    super(
      'The data key of this object could not be unwrapped. Check that the provider holds the master key that wrapped it, ' +
        "with the same encryption context if it is a KMS key, and that the object's metadata were not changed.",
    );
  }
}

/** A master key cannot be used for what was asked: it does not parse, is too small, or is the wrong half of the pair. */
export class MasterKeyError extends OssEnvelopeError {
  readonly code = 'ERR_MASTER_KEY' as const;
}

/** Bytes are not what they should be: a checksum, a length or a digest differs, or a body ended early. */
export class IntegrityError extends OssEnvelopeError {
  readonly code = 'ERR_INTEGRITY' as const;
}

/** A checkpoint cannot be used: it is damaged, was changed, or belongs to another transfer. */
export class CheckpointError extends OssEnvelopeError {
  readonly code = 'ERR_CHECKPOINT' as const;
}

/** The asked range lies outside the object. */
export class RangeNotSatisfiableError extends OssEnvelopeError {
  readonly code = 'ERR_RANGE_NOT_SATISFIABLE' as const;
}

/** What is known of a refusal by OSS or KMS. */
export interface ServiceErrorDetails {
  /** The service that answered. */
  readonly service: 'OSS' | 'KMS';
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
}

/** OSS or KMS answered, and refused. The message never holds a URL, a signature or a body. */
export class ServiceError extends OssEnvelopeError {
  readonly code = 'ERR_SERVICE' as const;
  readonly service: 'OSS' | 'KMS';
  readonly status: number | undefined;
  readonly serviceCode: string | undefined;
  readonly requestId: string | undefined;
  readonly ec: string | undefined;
  readonly retryable: boolean;

  constructor(message: string, details: ServiceErrorDetails) {
    super(message);
    this.service = details.service;
    this.status = details.status;
    this.serviceCode = details.serviceCode;
    this.requestId = details.requestId;
    this.ec = details.ec;
    this.retryable = details.retryable ?? false;
  }
}

/** The exchange itself failed: no connection, a reset, a time-out, an answer that is not of the protocol. */
export class TransportError extends OssEnvelopeError {
  readonly code = 'ERR_TRANSPORT' as const;
  /** Whether the same request may succeed later. */
  readonly retryable: boolean;

  constructor(message: string, options: { readonly retryable: boolean }) {
    super(message);
    this.retryable = options.retryable;
  }
}

/** A caller's mistake in the kind or the content of an argument, which `argument` names. */
export class InvalidArgumentError extends TypeError {
  readonly code = 'ERR_INVALID_ARGUMENT' as const;
  readonly argument: string;

  constructor(argument: string, expectation: string) {
    super(`${argument} ${expectation}`);
    this.name = new.target.name;
    this.argument = argument;
  }
}

/** A caller's mistake in the size or the value of an argument, which `argument` names. */
export class OutOfRangeError extends RangeError {
  readonly code = 'ERR_OUT_OF_RANGE' as const;
  readonly argument: string;

  constructor(argument: string, expectation: string) {
    super(`${argument} ${expectation}`);
    this.name = new.target.name;
    this.argument = argument;
  }
}
