import { decodeBase64, encodeBase64 } from '@oss-envelope/core';

/** One block of a PEM file (RFC 7468, and RFC 1421 for the headers). */
export interface PemBlock {
  /** What stands after `BEGIN`, such as `PUBLIC KEY`. */
  readonly label: string;
  /** The lines `Name: value` that older encrypted files have. */
  readonly headers: ReadonlyMap<string, string>;
  /** What the base64 text holds: DER, or encrypted DER. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const blockPattern = /-----BEGIN ([A-Z0-9 ]+)-----\r?\n([\s\S]*?)-----END \1-----/;

/** The first PEM block of `text`, or `undefined` if there is none or its base64 is broken. */
export function parsePem(text: string): PemBlock | undefined {
  const match = blockPattern.exec(text);
  if (match === null) return undefined;
  const headers = new Map<string, string>();
  let base64 = '';
  for (const line of match[2]!.split(/\r?\n/)) {
    const header = /^([A-Za-z-]+):\s*(.*?)\s*$/.exec(line);
    if (header !== null) headers.set(header[1]!.toLowerCase(), header[2]!);
    else base64 += line.replace(/\s+/g, '');
  }
  const bytes = decodeBase64(base64);
  return bytes === undefined || bytes.length === 0 ? undefined : { label: match[1]!, headers, bytes };
}

/** The PEM text of `der` in lines of 64 characters (RFC 7468 §2), with a line break at the end. */
export function formatPem(label: string, der: Uint8Array): string {
  const lines = encodeBase64(der).match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
