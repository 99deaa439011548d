import { randomBytes } from 'node:crypto';
import { errorAnswer } from './error-answer.js';
import { OssError } from './oss-error.js';

const reasons: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: 'The headers are too large.',
  HPE_UNEXPECTED_CONTENT_LENGTH: 'A request has Content-Length once, and not beside Transfer-Encoding.',
  HPE_INVALID_CONTENT_LENGTH: 'Content-Length is not a number.',
  HPE_INVALID_TRANSFER_ENCODING: 'A request has no Content-Length beside Transfer-Encoding.',
};

/** The whole answer, as it goes to the connection, to bytes that are no HTTP request. */
export function unreadableAnswer(error: Error & { code?: string }): string {
  const reason =
    error.code !== undefined && Object.hasOwn(reasons, error.code) ? reasons[error.code] : undefined;
  const refusal = new OssError('InvalidRequest', { message: reason ?? 'The request is not HTTP/1.1.' });
  const id = randomBytes(12).toString('hex').toUpperCase();
  const { body } = errorAnswer({ id, method: '', host: undefined }, refusal);
  const document = typeof body === 'string' ? body : '';
  return [
    'HTTP/1.1 400 Bad Request',
    'Server: AliyunOSS',
    `Date: ${new Date().toUTCString()}`,
    'Content-Type: application/xml',
    `Content-Length: ${Buffer.byteLength(document)}`,
    'Connection: close',
    `x-oss-request-id: ${id}`,
    '',
    document,
  ].join('\r\n');
}
