/** The errors that the server can answer with. */
type OssErrorName =
  | 'AccessDenied'
  | 'RequestHasExpired'
  | 'InvalidAccessKeyId'
  | 'SignatureDoesNotMatch'
  | 'RequestTimeTooSkewed'
  | 'InvalidSecurityToken'
  | 'SecurityTokenExpired'
  | 'MissingDate'
  | 'InvalidArgument'
  | 'InvalidRequest'
  | 'InvalidURI'
  | 'InvalidBucketName'
  | 'InvalidObjectName'
  | 'InvalidDigest'
  | 'ContentSha256Mismatch'
  | 'MetadataTooLarge'
  | 'InvalidMetadataName'
  | 'MalformedXML'
  | 'EntityTooLarge'
  | 'EntityTooSmall'
  | 'InvalidPart'
  | 'InvalidPartOrder'
  | 'MissingContentLength'
  | 'NoSuchBucket'
  | 'NoSuchKey'
  | 'NoSuchVersion'
  | 'NoSuchUpload'
  | 'NoSuchUploadForPart'
  | 'NoSuchUploadForPartCopy'
  | 'SymlinkTargetNotExist'
  | 'InvalidTargetType'
  | 'NotSymlink'
  | 'InvalidObjectState'
  | 'OperationNotSupported'
  | 'RestoreAlreadyInProgress'
  | 'InvalidEncryptionAlgorithmError'
  | 'InvalidEncryptionRequest'
  | 'InvalidTag'
  | 'CallbackFailed'
  | 'ConditionalWrite'
  | 'BucketNotEmpty'
  | 'FileAlreadyExists'
  | 'FileImmutable'
  | 'NoSuchWORMConfiguration'
  | 'NoSuchOverwriteConfiguration'
  | 'NoSuchReplicationConfiguration'
  | 'ObjectNotAppendable'
  | 'PositionNotEqualToLength'
  | 'PreconditionFailed'
  | 'NotModified'
  | 'InvalidRange'
  | 'MethodNotAllowed'
  | 'InternalError'
  | 'NotImplemented';

interface ErrorRow {
  status: number;
  message: string;
  /** OSS's fine-grained error code, where the documentation names one. */
  ec?: string;
}

const noSuchUpload =
  'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.';

// Codes, statuses and EC numbers as the OSS documentation ("Error responses", the "0xxx-xxxxxxxx" pages) has them.
const table: Readonly<Record<OssErrorName, ErrorRow>> = {
  AccessDenied: { status: 403, message: 'You have no right to access this object.', ec: '0003-00000001' },
  RequestHasExpired: { status: 403, message: 'Request has expired.', ec: '0002-00000069' },
  InvalidAccessKeyId: {
    status: 403,
    message: 'The OSS Access Key Id you provided does not exist in our records.',
    ec: '0002-00000902',
  },
  SignatureDoesNotMatch: {
    status: 403,
    message:
      'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
    ec: '0002-00000040',
  },
  RequestTimeTooSkewed: {
    status: 403,
    message: 'The difference between the request time and the current time is too large.',
    ec: '0002-00000504',
  },
  InvalidSecurityToken: {
    status: 403,
    message: 'The security token you provided is invalid.',
    ec: '0002-00000006',
  },
  SecurityTokenExpired: {
    status: 403,
    message: 'The security token you provided has expired.',
    ec: '0002-00000007',
  },
  MissingDate: { status: 403, message: 'OSS authentication requires a valid Date.', ec: '0002-00000503' },
  InvalidArgument: { status: 400, message: 'An argument is invalid.' },
  InvalidRequest: { status: 400, message: 'The request is invalid.' },
  InvalidURI: { status: 400, message: 'The request URI could not be parsed.' },
  InvalidBucketName: { status: 400, message: 'The specified bucket is not valid.' },
  InvalidObjectName: { status: 400, message: 'The specified object is not valid.' },
  InvalidDigest: {
    status: 400,
    message: 'The Content-MD5 you specified is invalid, or does not fit what we received.',
  },
  ContentSha256Mismatch: {
    status: 400,
    message: 'The x-oss-content-sha256 you specified did not match what we received.',
  },
  MetadataTooLarge: {
    status: 400,
    message: 'The user metadata is larger than 8 KB.',
    ec: '0011-00000002',
  },
  InvalidMetadataName: {
    status: 400,
    message: 'The name of a user metadata header contains an invalid character.',
    ec: '0011-00000004',
  },
  MalformedXML: { status: 400, message: 'The XML you provided was not well-formed or did not validate.' },
  EntityTooLarge: { status: 400, message: 'Your proposed upload exceeds the maximum allowed object size.' },
  EntityTooSmall: {
    status: 400,
    message: 'Your proposed upload smaller than the minimum allowed size.',
  },
  InvalidPart: {
    status: 400,
    message:
      "One or more of the specified parts could not be found or the specified entity tag might not have matched the part's entity tag.",
  },
  InvalidPartOrder: {
    status: 400,
    message:
      'The list of parts was not in ascending order. Parts list must specified in order by part number.',
  },
  MissingContentLength: { status: 411, message: 'You must provide the Content-Length HTTP header.' },
  NoSuchBucket: { status: 404, message: 'The specified bucket does not exist.', ec: '0015-00000101' },
  NoSuchKey: { status: 404, message: 'The specified key does not exist.', ec: '0026-00000001' },
  NoSuchVersion: { status: 404, message: 'The specified version does not exist.' },
  NoSuchUpload: { status: 404, message: noSuchUpload, ec: '0042-00000002' },
  // OSS's Go SDK tests name these two for UploadPart and UploadPartCopy.
  NoSuchUploadForPart: { status: 404, message: noSuchUpload, ec: '0042-00000104' },
  NoSuchUploadForPartCopy: { status: 404, message: noSuchUpload, ec: '0042-00000311' },
  SymlinkTargetNotExist: {
    status: 404,
    message: 'The symlink target object does not exist.',
    ec: '0026-00000012',
  },
  InvalidTargetType: { status: 400, message: 'The symlink target object is a symlink itself.' },
  NotSymlink: { status: 400, message: 'The object is not a symlink.', ec: '0043-00000101' },
  InvalidObjectState: { status: 403, message: "The operation is not valid for the object's state." },
  OperationNotSupported: {
    status: 400,
    message: 'The operation is not supported for this resource.',
    ec: '0016-00000702',
  },
  RestoreAlreadyInProgress: {
    status: 409,
    message: 'The restore operation is in progress.',
    ec: '0016-00000701',
  },
  InvalidEncryptionAlgorithmError: {
    status: 400,
    message: 'The encryption must be AES256, SM4 or KMS.',
    ec: '0005-00000003',
  },
  InvalidEncryptionRequest: { status: 400, message: 'The client-side encryption is inconsistent.' },
  InvalidTag: { status: 400, message: 'The tags are invalid.' },
  CallbackFailed: { status: 203, message: 'The callback failed.' },
  // PutObject refuses If-Match and the like: page 0017-00000245.
  ConditionalWrite: {
    status: 400,
    message: 'A header you provided implies functionality that is not implemented.',
    ec: '0017-00000245',
  },
  BucketNotEmpty: { status: 409, message: 'The bucket you tried to delete is not empty.' },
  FileAlreadyExists: {
    status: 409,
    message: 'The object you specified already exists and can not be overwritten.',
    ec: '0026-00000006',
  },
  // "Retention policies": objects under one can be neither changed nor deleted.
  FileImmutable: { status: 409, message: 'The object you specified is immutable.' },
  NoSuchWORMConfiguration: { status: 404, message: 'The WORM configuration does not exist.' },
  // GetBucketOverwriteConfig names the status only.
  NoSuchOverwriteConfiguration: { status: 404, message: 'The overwrite configuration does not exist.' },
  NoSuchReplicationConfiguration: {
    status: 404,
    message: 'The bucket you specified does not have replication configuration.',
  },
  ObjectNotAppendable: { status: 409, message: 'The object is not appendable.' },
  PositionNotEqualToLength: { status: 409, message: 'Position is not equal to file length' },
  PreconditionFailed: {
    status: 412,
    message: 'At least one of the pre-conditions you specified did not hold.',
  },
  NotModified: { status: 304, message: 'The object was not modified.' },
  InvalidRange: { status: 416, message: 'The requested range cannot be satisfied.' },
  MethodNotAllowed: { status: 405, message: 'The specified method is not allowed against this resource.' },
  InternalError: { status: 500, message: 'We encountered an internal error. Please try again.' },
  NotImplemented: { status: 501, message: 'This local server does not implement that operation.' },
};

// Rows that share a service code but differ in message or EC.
const serviceCodes: Readonly<Record<string, string>> = {
  RequestHasExpired: 'AccessDenied',
  MissingDate: 'AccessDenied',
  ContentSha256Mismatch: 'InvalidArgument',
  InvalidMetadataName: 'InvalidArgument',
  NoSuchUploadForPart: 'NoSuchUpload',
  NoSuchUploadForPartCopy: 'NoSuchUpload',
  NotSymlink: 'InvalidArgument',
  ConditionalWrite: 'NotImplemented',
};

/** What an error says beyond its row in the table. */
interface OssErrorOptions {
  /** Replaces the table's message. */
  message?: string;
  /** Replaces the table's EC. */
  ec?: string;
  /** Further elements of the XML answer, such as `Condition` or `StringToSign`. */
  details?: Readonly<Record<string, string | number>>;
  /** Further headers of the answer. */
  headers?: Readonly<Record<string, string>>;
}

/** A refusal that becomes an OSS error answer: status, `Code`, `Message`, `EC` and further elements. */
export class OssError extends Error {
  readonly status: number;
  /** The service code, such as `NoSuchKey`. */
  readonly code: string;
  readonly ec: string | undefined;
  readonly details: Readonly<Record<string, string | number>>;
  readonly headers: Readonly<Record<string, string>>;

  /** @param name Row of the table. */
  constructor(name: OssErrorName, options: OssErrorOptions = {}) {
    const row = table[name];
    super(options.message ?? row.message);
    this.name = 'OssError';
    this.status = row.status;
    this.code = serviceCodes[name] ?? name;
    this.ec = options.ec ?? row.ec;
    this.details = options.details ?? {};
    this.headers = options.headers ?? {};
  }
}

/** The refusal of a request whose header or query parameter has a value that OSS does not take. */
export function invalidArgument(name: string, value: string, message: string, ec?: string): OssError {
  return new OssError('InvalidArgument', {
    message,
    ...(ec === undefined ? {} : { ec }),
    details: { ArgumentName: name, ArgumentValue: value },
  });
}
