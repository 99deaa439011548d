import { formatXml, type XmlContent } from './xml.js';

/** Bytes that can be sent. A chunk is valid until the chunk after the next one is asked for. */
export interface BodySource {
  read(startBytes: number, endBytes: number): AsyncIterable<Uint8Array>;
  release(): void;
}

/** Bytes [startBytes, endBytes) of a body that the writer of the response releases when it is done. */
export interface BodySlice {
  readonly body: BodySource;
  readonly startBytes: number;
  readonly endBytes: number;
}

/** An answer, before it is written. */
export interface OssResponse {
  status: number;
  /** Header names in lower case. */
  headers: Record<string, string>;
  /** Text is sent as UTF-8. For HEAD, {@link contentLengthBytes} says what a GET would send. */
  body?: string | BodySlice | undefined;
  /** Content-Length of an answer that has no body. */
  contentLengthBytes?: number;
  /** Whether the length of the body is not known: no Content-Length is sent. */
  chunked?: true;
}

/** An answer with an XML document. */
export function xmlResponse(
  root: string,
  content: XmlContent,
  headers: Record<string, string> = {},
): OssResponse {
  return {
    status: 200,
    headers: { 'content-type': 'application/xml', ...headers },
    body: formatXml(root, content),
  };
}

/** An answer without a body. */
export function emptyResponse(status: number, headers: Record<string, string> = {}): OssResponse {
  return { status, headers, contentLengthBytes: 0 };
}
