import { decodeBase64, encodeBase64 } from '@oss-envelope/core/adapter';

/** One block of PEM (RFC 7468, and RFC 1421 for the headers). */
export interface PemBlock {
  /** What stands after `BEGIN`, such as `PUBLIC KEY`. */
  readonly label: string;
  /** The lines `Name: value` that older encrypted files have; names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  /** What the base64 text holds: DER, or encrypted DER. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** PEM that was read, or a sentence that says why it could not be. */
export type PemText =
  | { readonly kind: 'blocks'; readonly blocks: readonly PemBlock[] }
  | { readonly kind: 'broken'; readonly cause: string };

const blockPattern = /-----BEGIN ([A-Z0-9 ]+)-----([\s\S]*?)-----END ([A-Z0-9 ]+)-----/g;
// The only headers that matter here; where spaces took the place of line ends, nothing else can be told from base64.
const encryptionHeaders = /^\s*Proc-Type:\s*(\d,ENCRYPTED)\s+DEK-Info:\s*([A-Za-z0-9-]+,[0-9A-Fa-f]+)\s/;

/**
 * All PEM blocks of a text, as people have them: line ends of any system, written as `\n`, turned into spaces, or gone.
 * Other text around the blocks does not matter.
 */
export function parsePem(text: string): PemText {
  const normal = text.replace(/(?:\\r)?\\n|\\r|\r\n?/g, '\n');
  const blocks: PemBlock[] = [];
  for (const [, label = '', content = '', endLabel] of normal.matchAll(blockPattern)) {
    if (label !== endLabel) return broken('its BEGIN and END lines name different things.');
    const block = parseBlock(label, content);
    if (block === undefined) {
      return broken(
        'its base64 is damaged, or incomplete: lines or characters are missing, or + signs became spaces on the way.',
      );
    }
    blocks.push(block);
  }
  if (blocks.length > 0) return { kind: 'blocks', blocks };
  return broken(
    normal.includes('-----END ')
      ? 'its BEGIN or END line is damaged: each has five dashes on both sides.'
      : 'it is cut off: the END line is missing. In an .env file, put a text of several lines in quotes.',
  );
}

function broken(cause: string): PemText {
  return { kind: 'broken', cause };
}

function parseBlock(label: string, content: string): PemBlock | undefined {
  const headers = new Map<string, string>();
  const encrypted = encryptionHeaders.exec(content);
  if (encrypted !== null) {
    headers.set('proc-type', encrypted[1]!).set('dek-info', encrypted[2]!);
  }
  let base64 = '';
  for (const line of content.slice(encrypted?.[0].length ?? 0).split('\n')) {
    const header = /^([A-Za-z-]+):\s*(.*?)\s*$/.exec(line);
    if (header !== null) headers.set(header[1]!.toLowerCase(), header[2]!);
    else base64 += line.replace(/\s+/g, '');
  }
  const bytes = decodeBase64(base64);
  return bytes === undefined || bytes.length === 0 ? undefined : { label, headers, bytes };
}

/** The PEM text of `der` in lines of 64 characters (RFC 7468 §2), with a line break at the end. */
export function formatPem(
  label: string,
  der: Uint8Array,
  headers: ReadonlyMap<string, string> = new Map(),
): string {
  const headerLines = [...headers].map(([name, value]) => `${name}: ${value}\n`).join('');
  const lines = encodeBase64(der).match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${headerLines}${headerLines && '\n'}${lines.join('\n')}\n-----END ${label}-----\n`;
}
