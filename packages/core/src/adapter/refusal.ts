import { decodeBase64, type Headers as HeaderRecord, ServiceError } from '@oss-envelope/core';
import type { Method } from './signable-request.js';
import { childText, parseXml, type XmlElement } from './xml-element.js';

/** An answer of OSS other than 2xx. */
export interface Refusal {
  readonly error: ServiceError;
  /** The server's clock, in milliseconds, where it tells. */
  readonly serverTimeMs: number | undefined;
  /** How long it asks to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;
}

/** What of an answer a refusal is made of. */
export interface RefusedAnswer {
  readonly method: Method;
  readonly status: number;
  readonly headers: HeaderRecord;
  /** The XML document; empty where there is none. */
  readonly document: string;
  /** Texts that must not come back in an error: the signature, the token, the URL's query. */
  readonly secrets: readonly string[];
}

const maxMessageLength = 300;

/** The answer to HEAD has no body: OSS sends its document in a header. */
function documentOf(answer: RefusedAnswer): XmlElement | undefined {
  const encoded = decodeBase64(answer.headers['x-oss-err'] ?? '');
  const text = answer.document === '' && encoded ? new TextDecoder().decode(encoded) : answer.document;
  if (text === '') return undefined;
  try {
    const element = parseXml(text);
    return element.name === 'Error' ? element : undefined;
  } catch {
    return undefined; // a gateway's page, or half a document: the status says enough
  }
}

/** A word of the server's, or nothing where it is not one. */
function word(text: string | undefined): string | undefined {
  return text !== undefined && /^[\w.-]{1,100}$/.test(text) ? text : undefined;
}

/** The server's own message, or nothing where it repeats what it must not. */
function harmlessMessage(text: string | undefined, secrets: readonly string[]): string | undefined {
  if (text === undefined || secrets.some((secret) => text.includes(secret))) return undefined;
  const oneLine = text.replace(/\p{Cc}+/gu, ' ').trim();
  return oneLine === '' ? undefined : oneLine.slice(0, maxMessageLength);
}

function isRetryable(status: number, serviceCode: string | undefined): boolean {
  // 501 and 505 are for good; RequestTimeout is OSS's 400 for a body that came too slowly.
  if (status >= 500) return status !== 501 && status !== 505;
  return status === 429 || serviceCode === 'RequestTimeout';
}

/** `Retry-After` as seconds or as a date (RFC 9110 §10.2.3), in milliseconds from the answer's own time. */
function parseRetryAfter(value: string | undefined, serverTimeMs: number | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
  const atMs = Date.parse(value);
  return Number.isNaN(atMs) || serverTimeMs === undefined ? undefined : Math.max(0, atMs - serverTimeMs);
}

function parseTime(...values: (string | undefined)[]): number | undefined {
  for (const value of values) {
    const timeMs = value === undefined ? Number.NaN : Date.parse(value);
    if (!Number.isNaN(timeMs)) return timeMs;
  }
  return undefined;
}

/** Makes the error of an answer other than 2xx. */
export function refusalOf(answer: RefusedAnswer): Refusal {
  const { status, headers, secrets } = answer;
  const element = documentOf(answer);
  const field = (name: string): string | undefined => element && childText(element, name);
  const serviceCode = word(field('Code'));
  const requestId = word(field('RequestId')) ?? word(headers['x-oss-request-id']);
  const message = harmlessMessage(field('Message'), secrets);
  const endpoint = serviceCode === 'AccessDenied' ? word(field('Endpoint')) : undefined;
  // A page of another origin sees the header Date only where the bucket's CORS rule exposes it.
  const serverTimeMs = parseTime(headers.date, field('ServerTime'));
  const text = [
    `OSS refused ${answer.method} with ${status}${serviceCode ? ` ${serviceCode}` : ''}.`,
    message,
    endpoint && `The bucket belongs to the endpoint ${endpoint}: use that one.`,
    requestId && `Request id: ${requestId}.`,
  ];
  return {
    error: new ServiceError(text.filter(Boolean).join(' '), {
      service: 'OSS',
      status,
      serviceCode,
      requestId,
      ec: word(field('EC')) ?? word(headers['x-oss-ec']),
      retryable: isRetryable(status, serviceCode),
    }),
    serverTimeMs,
    retryAfterMs: parseRetryAfter(headers['retry-after'], serverTimeMs),
  };
}

/** The error of an answer that sends elsewhere. It is not followed: the signature is for this endpoint only. */
export function redirectError(method: Method, status: number | undefined, requestId?: string): ServiceError {
  return new ServiceError(
    `OSS answered ${method} with a redirect, which is not followed. The endpoint or the region is not that of the bucket: change them.`,
    { service: 'OSS', status, requestId: word(requestId), retryable: false },
  );
}
