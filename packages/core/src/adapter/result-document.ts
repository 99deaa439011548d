import type { Headers } from '../contract/object-transport.js';
import { childText, parseXml, type XmlElement } from '../encoding/xml-element.js';
import { TransportError } from '../errors/errors.js';

// What all documents of OSS have in common.

/** An answer of 2xx with its body as text. */
export interface DocumentAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly document: string;
}

/** The error of a document that is not the named one, or lacks what that has. */
export function unexpected(name: string): TransportError {
  return new TransportError(
    `The answer is not the ${name} that OSS gives. Check the endpoint, and whether a proxy or a login page answers for it.`,
    { retryable: false },
  );
}

/**
 * The root of a document that must be the named one.
 *
 * @throws TransportError when it is another document, or none
 */
export function resultElement(answer: DocumentAnswer, name: string): XmlElement {
  const root = parseXml(answer.document);
  if (root?.name !== name) throw unexpected(name);
  return root;
}

/** A text that must be there; without blanks around it. */
export function required(element: XmlElement, name: string): string {
  const text = childText(element, name)?.trim();
  if (!text) throw unexpected(name);
  return text;
}

/** A number that must be there: from 0 on, below 2^53. */
export function wholeNumber(element: XmlElement, name: string): number {
  const text = required(element, name);
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw unexpected(name);
  return value;
}

/** A text without blanks around it; undefined for none. */
export function optional(element: XmlElement, name: string): string | undefined {
  return childText(element, name)?.trim() || undefined;
}
