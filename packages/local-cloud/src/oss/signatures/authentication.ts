import { OssError } from '../http/oss-error.js';
import { authenticateV1Header, authenticateV1Query } from './authentication-v1.js';
import { authenticateV4Header, authenticateV4Query } from './authentication-v4.js';
import * as v4 from './sign-v4.js';
import type { AuthenticationOptions, Identity, SignedRequest } from './signed-request.js';

/**
 * Verifies the signature of a request: V1 or V4, in the Authorization header or in the query.
 * @throws {OssError} With the code that OSS answers: `SignatureDoesNotMatch`, `InvalidAccessKeyId`,
 * `RequestTimeTooSkewed`, `SecurityTokenExpired`, `InvalidSecurityToken`, `AccessDenied` (expired URL) or
 * `InvalidArgument` (a malformed signature).
 */
export function authenticate(request: SignedRequest, options: AuthenticationOptions): Identity {
  const header = request.headers.authorization;
  const { query } = request.target;
  const isV4Query = query.has('x-oss-signature-version') || query.has('x-oss-signature');
  const isV1Query = query.has('OSSAccessKeyId') || (query.has('Signature') && query.has('Expires'));
  if (header !== undefined && (isV4Query || isV1Query)) {
    throw new OssError('InvalidArgument', {
      message: 'A signature may stand in the Authorization header or in the query, not in both.',
    });
  }
  if (header?.startsWith(v4.signatureAlgorithm)) return authenticateV4Header(request, header, options);
  if (header?.startsWith('OSS ')) return authenticateV1Header(request, header, options);
  if (header !== undefined) {
    throw new OssError('InvalidArgument', { message: 'The Authorization header is not supported.' });
  }
  if (isV4Query) return authenticateV4Query(request, options);
  if (isV1Query) return authenticateV1Query(request, options);
  return { kind: 'anonymous' };
}
