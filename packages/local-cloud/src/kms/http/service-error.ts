/**
 * The codes, statuses and messages of the service. They are from the KMS documentation ("Sample responses", the table
 * of common error codes, and the tables of each operation) and from the common error codes of the OpenAPI gateway.
 */
const serviceErrors = {
  'Forbidden.AliasNotFound': { status: 404, message: 'The specified Alias is not found.' },
  'Forbidden.KeyNotFound': { status: 404, message: 'The specified Key is not found.' },
  'Forbidden.NoPermission': { status: 403, message: 'This operation is forbidden by permission system.' },
  AliasAlreadyExists: { status: 400, message: 'AliasName Already Exists.' },
  IncompleteSignature: {
    status: 400,
    message: 'The request signature does not conform to Alibaba Cloud standards.',
  },
  InternalFailure: { status: 500, message: 'Internal Failure.' },
  'InvalidAccessKeyId.NotFound': { status: 404, message: 'Specified access key is not found.' },
  'InvalidAction.NotFound': {
    status: 404,
    message: 'Specified api is not found, please check your url and method.',
  },
  InvalidParameter: { status: 400, message: 'The specified parameter is not valid.' },
  'InvalidSecurityToken.Expired': { status: 400, message: 'Specified SecurityToken is expired.' },
  'InvalidSecurityToken.Malformed': { status: 400, message: 'Specified SecurityToken is malformed.' },
  'InvalidSecurityToken.MismatchWithAccessKey': {
    status: 400,
    message: 'Specified SecurityToken mismatch with the AccessKey.',
  },
  'InvalidTimeStamp.Expired': {
    status: 400,
    message: 'Specified time stamp or date value is expired.',
  },
  'InvalidTimeStamp.Format': {
    status: 400,
    message: 'Specified time stamp or date value is not well formatted.',
  },
  InvalidVersion: { status: 400, message: 'Specified parameter Version is not valid.' },
  MissingAccessKeyId: { status: 400, message: 'AccessKeyId is mandatory for this action.' },
  MissingParameter: { status: 400, message: 'A parameter is needed but not provided.' },
  MissingSecurityToken: { status: 400, message: 'SecurityToken is mandatory for this action.' },
  ParseRequestParameterException: {
    status: 400,
    message: 'Server parse parameters exception. Please check your input params.',
  },
  'Rejected.Disabled': {
    status: 409,
    message: 'The request was rejected because the key state is Disabled.',
  },
  'Rejected.PendingDeletion': {
    status: 409,
    message: 'The request was rejected because the key state is PendingDeletion.',
  },
  'Rejected.StateModifiedFailed': { status: 409, message: 'Keystate modified failed.' },
  'Rejected.Throttling': { status: 429, message: 'QPS Limit Exceeded' },
  RequestEntityTooLarge: { status: 413, message: 'The request body is too large.' },
  ServiceUnavailableTemporary: { status: 503, message: 'Service Unavailable Temporary.' },
  SignatureDoesNotMatch: {
    status: 400,
    message: 'Specified signature is not matched with our calculation.',
  },
  SignatureNonceUsed: { status: 400, message: 'Specified signature nonce was used already.' },
  UnsupportedHTTPMethod: { status: 403, message: 'This http method is not supported.' },
  UnsupportedOperation: { status: 400, message: 'This action is not supported.' },
} as const;

/** A documented error code that this service can answer with. */
type ServiceErrorCode = keyof typeof serviceErrors;

/** What a {@link ServiceError} may say beyond its code. */
interface ServiceErrorDetail {
  /** Replaces the code's usual message. */
  readonly message?: string;
  /** The member `AccessDeniedDetail` of a refusal by the permission system. */
  readonly accessDeniedDetail?: Readonly<Record<string, string>>;
}

/**
 * A refusal by the service: becomes the HTTP status and the error JSON
 * (`Code`, `Message`, `RequestId`, `HostId`, `Recommend`) of the answer.
 */
export class ServiceError extends Error {
  override readonly name: string = 'ServiceError';
  /** The service's error code, such as `Forbidden.KeyNotFound`. */
  readonly code: ServiceErrorCode;
  /** The HTTP status that goes with the code. */
  readonly status: number;
  /** The member `AccessDeniedDetail`, when the permission system refused. */
  readonly accessDeniedDetail: Readonly<Record<string, string>> | undefined;

  /**
   * @param code - the service's error code; decides the status and the default message
   * @param detail - what differs from the code's usual answer
   */
  constructor(code: ServiceErrorCode, detail: ServiceErrorDetail = {}) {
    super(detail.message ?? serviceErrors[code].message);
    this.code = code;
    this.status = serviceErrors[code].status;
    this.accessDeniedDetail = detail.accessDeniedDetail;
  }
}

/** The refusal of a request that lacks the parameter `name`, or has it empty. */
export function missingParameter(name: string): ServiceError {
  return new ServiceError('MissingParameter', {
    message: `The parameter "${name}" is needed but not provided.`,
  });
}

/** The refusal of a request whose parameter `name` has a value outside its documented range. */
export function invalidParameter(name: string): ServiceError {
  return new ServiceError('InvalidParameter', { message: `The specified parameter "${name}" is not valid.` });
}
