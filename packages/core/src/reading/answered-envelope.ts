import { isFromOss } from '../adapter/oss-answer.js';
import type { ObjectResponse } from '../contract/object-transport.js';
import type { EnvelopeState } from '../envelope/envelope.js';
import { parseEnvelope } from '../envelope/envelope-reading.js';
import { TransportError } from '../errors/errors.js';

/**
 * The envelope that an answer about an object carries.
 *
 * @param lenient - as the option of `parseEnvelope`
 * @throws TransportError for an answer without one that also lacks what OSS always sends. A CORS rule or a CDN hides
 *   headers then, the envelope's perhaps among them: ciphertext would pass as an object that is not encrypted
 * @throws MalformedEnvelopeError, AlgorithmNotSupportedError
 */
export function answeredEnvelope({ headers }: ObjectResponse, lenient = false): EnvelopeState {
  const encryption = parseEnvelope(headers, { lenient });
  if (encryption.kind === 'plain' && !isFromOss(headers)) {
    throw new TransportError(
      'The answer shows neither ETag nor x-oss-request-id, which OSS always sends, so its metadata may be hidden as well, ' +
        "and whether the object is encrypted cannot be told. In a browser, expose the headers by the bucket's CORS rule " +
        '(the constant exposedHeaders lists them); elsewhere, check that a CDN or proxy passes them on.',
      { retryable: false },
    );
  }
  return encryption;
}
