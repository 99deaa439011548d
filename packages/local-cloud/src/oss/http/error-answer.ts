import type { OssError } from './oss-error.js';
import type { OssResponse } from './oss-response.js';
import { formatXml } from './xml.js';

/** What an error document says about the request. */
interface RefusedRequest {
  readonly id: string;
  readonly method: string;
  /** The Host header. */
  readonly host: string | undefined;
}

/** The members of an error that its answer shows. */
export type ErrorFields = Pick<OssError, 'status' | 'code' | 'message' | 'ec' | 'details' | 'headers'>;

/** The answer to a request that is refused: an XML document, or for HEAD a header with that document. */
export function errorAnswer(request: RefusedRequest, error: ErrorFields): OssResponse {
  if (error.status === 304) return { status: 304, headers: { ...error.headers } };
  const document = formatXml('Error', {
    Code: error.code,
    Message: error.message,
    RequestId: request.id,
    HostId: request.host ?? 'localhost',
    ...error.details,
    EC: error.ec,
  });
  const ec = error.ec === undefined ? {} : { 'x-oss-ec': error.ec };
  if (request.method === 'HEAD') {
    // An answer to HEAD has no body; OSS sends the document as base64 in a header.
    const encoded = Buffer.from(document, 'utf8').toString('base64');
    return {
      status: error.status,
      headers: { 'x-oss-err': encoded, ...ec, ...error.headers },
      contentLengthBytes: 0,
    };
  }
  return {
    status: error.status,
    headers: { 'content-type': 'application/xml', ...ec, ...error.headers },
    body: document,
  };
}
