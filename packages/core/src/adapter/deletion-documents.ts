import { createMd5 } from '#md5';
import type { Headers, RefusedDeletion } from '../contract/object-transport.js';
import { encodeBase64 } from '../encoding/base64.js';
import { childText, escapeXml } from '../encoding/xml-element.js';
import { InvalidArgumentError } from '../errors/errors.js';
import { keyReader } from './answer-documents.js';
import { assertObjectName } from './object-key.js';
import { wholeNumber } from './option-checks.js';
import { maxKeysPerDeletion } from './oss-limits.js';
import { type DocumentAnswer, resultElement } from './result-document.js';

// The documents of DeleteMultipleObjects (OSS documentation, the page of that name).

/**
 * The document that asks for the objects to be deleted, and for an answer that names each one that was: by the "quiet"
 * answer nobody could tell which ones were not. Characters that XML 1.0 cannot hold (§2.2) are written as references all
 * the same, as the SDKs for Go do, and OSS takes them so. There is no way to write NUL.
 */
export function formatDeletion(keys: readonly string[]): {
  readonly bytes: Uint8Array;
  readonly headers: Headers;
} {
  wholeNumber('keys.length', keys.length, { least: 1, most: maxKeysPerDeletion });
  for (const [index, key] of keys.entries()) assertInXml(key, `keys.${index}`);
  const rows = keys.map((key) => `<Object><Key>${escapeKey(key)}</Key></Object>`);
  const bytes = new TextEncoder().encode(
    `<?xml version="1.0" encoding="UTF-8"?><Delete><Quiet>false</Quiet>${rows.join('')}</Delete>`,
  );
  const md5 = createMd5();
  md5.update(bytes);
  // OSS deletes nothing without the MD5 of the document.
  return { bytes, headers: { 'content-type': 'application/xml', 'content-md5': encodeBase64(md5.digest()) } };
}

function assertInXml(key: string, argument: string): void {
  assertObjectName(key, argument);
  if (key.includes('\0')) {
    throw new InvalidArgumentError(
      argument,
      'must not hold NUL, which XML cannot: delete this object by itself',
    );
  }
}

/** Also a line break: as it is, a reader of XML would make another one of it (§2.11). */
function escapeKey(key: string): string {
  return escapeXml(key).replace(/[\p{Cc}\ufffe\uffff]/gu, (character) => `&#${character.charCodeAt(0)};`);
}

/**
 * What a DeleteResult does not say to be deleted. OSS leaves out the keys that it did not delete; servers that speak
 * like it name them in `Error` elements.
 *
 * @param asked - the keys of the request
 * @throws as `resultElement`
 */
export function parseDeletion(answer: DocumentAnswer, asked: readonly string[]): readonly RefusedDeletion[] {
  const result = resultElement(answer, 'DeleteResult');
  const decoded = keyReader(result);
  const deleted = new Set<string>();
  const codes = new Map<string, string | undefined>();
  for (const child of result.children) {
    if (child.name === 'Deleted') deleted.add(decoded(child, 'Key'));
    if (child.name === 'Error') codes.set(decoded(child, 'Key'), codeOf(childText(child, 'Code')));
  }
  return asked
    .filter((key) => codes.has(key) || !deleted.has(key))
    .map((key) => ({ key, serviceCode: codes.get(key) }));
}

function codeOf(text: string | undefined): string | undefined {
  const code = text?.trim();
  return code !== undefined && /^[A-Za-z][A-Za-z0-9.]{1,63}$/.test(code) ? code : undefined;
}
