import { type Headers, ServiceError } from '@oss-envelope/core';
import * as z from 'zod/mini';
import type { HttpExchange } from './http-exchange.js';

/** Parses XML into elements by name; ali-oss's `parseXML`. */
export type ParseXml = (text: string) => Promise<unknown>;

const maxErrorBytes = 64 * 1024;

/** Codes and ids are the server's, and go into messages: only what looks like one. */
const token = z.optional(z.catch(z.string().check(z.trim(), z.regex(/^[A-Za-z0-9._-]{1,128}$/)), ''));
const errorSchema = z.object({ Code: token, RequestId: token, EC: token });

type ServiceAnswer = z.infer<typeof errorSchema>;

/** What to do about the refusals that are met most (OSS documentation, "Error codes"). */
const advice: Readonly<Record<string, string>> = {
  AccessDenied:
    "Check that the account may do this: its RAM policy, the bucket's policy and ACL, and the scope of an STS token",
  BadDigest:
    'The body was damaged on its way, or Content-MD5 is not of the bytes sent: leave that header out',
  EntityTooSmall: 'Each part but the last must have at least 100 KiB',
  FileAlreadyExists:
    'There is an object of this key, and the request forbids to overwrite it: use another key',
  InvalidAccessKeyId: 'Check accessKeyId of the ali-oss client: the key may be disabled, deleted or mistyped',
  InvalidPart: 'A part is not as it was stored: list the parts, and send those that differ again',
  InvalidRange: 'The range begins beyond the end of the object: ask for less',
  InvalidSecurityToken: 'Check stsToken of the ali-oss client: it does not belong to this access key',
  NoSuchBucket: 'Check bucket, region and endpoint of the ali-oss client',
  NoSuchKey: 'There is no such object: check the key, whose case matters',
  NoSuchUpload: 'The multipart upload was finished or dropped, or never started: start it anew',
  NoSuchVersion: 'There is no such version of the object: check versionId',
  NotModified: 'The object is as the conditions of the request know it: use what you have',
  PreconditionFailed: 'The object is not as the conditions of the request want it: read it again and decide',
  RequestTimeTooSkewed: 'The clock of this machine is off by more than 15 minutes: set it',
  SecurityTokenExpired: 'Give the ali-oss client a new STS token, or refreshSTSToken to get one itself',
  SignatureDoesNotMatch:
    'Check accessKeySecret of the ali-oss client, and with authorizationV4 also its region, such as oss-cn-hangzhou',
};

/** What the status alone says. A 404 does not say whether object, version or bucket is missing. */
const codesOfStatus: Readonly<Record<number, string>> = {
  304: 'NotModified',
  412: 'PreconditionFailed',
  416: 'InvalidRange',
};

/**
 * Reads a refusal to its end. Code and ids come from the XML in the body; where there is none (HEAD, 304), from the
 * same XML in the header `x-oss-err`, or from the header `x-oss-ec` and the status.
 *
 * @throws the signal's reason. A body that breaks off is no matter: the status is known
 */
export async function readServiceFailure(
  exchange: HttpExchange,
  parseXml: ParseXml,
  signal: AbortSignal | undefined,
): Promise<ServiceError> {
  const { status, headers } = exchange;
  const body = await exchange.text(maxErrorBytes).catch(() => {
    signal?.throwIfAborted();
    return '';
  });
  const xml = body || Buffer.from(headers['x-oss-err'] ?? '', 'base64').toString('utf8');
  return createServiceFailure(status, headers, await parseError(xml, parseXml));
}

/**
 * The error that an answer's XML tells of.
 *
 * @param answer the parsed XML of an answer, with `Code` when it tells of an error
 */
export function createServiceFailure(status: number, headers: Headers, answer: unknown): ServiceError {
  const told: ServiceAnswer = errorSchema.safeParse(answer).data ?? {};
  const named = errorSchema.safeParse({
    RequestId: headers['x-oss-request-id'],
    EC: headers['x-oss-ec'],
  }).data;
  const serviceCode = told.Code || codesOfStatus[status];
  const requestId = named?.RequestId || told.RequestId || undefined;
  const ec = told.EC || named?.EC || undefined;
  const retryable = isRetryable(status, serviceCode);
  const ids = [`HTTP ${status}`, ec && `EC ${ec}`, requestId && `request id ${requestId}`].filter(Boolean);
  const message = `OSS refused the request: ${serviceCode ?? 'no code given'} (${ids.join(', ')}). ${
    advice[serviceCode ?? ''] ?? (retryable ? 'Try again later' : adviceOfStatus(status))
  }.`;
  return new ServiceError(message, { service: 'OSS', status, serviceCode, requestId, ec, retryable });
}

async function parseError(xml: string, parseXml: ParseXml): Promise<unknown> {
  if (xml === '') return {};
  try {
    return await parseXml(xml);
  } catch {
    return {};
  }
}

function isRetryable(status: number, serviceCode: string | undefined): boolean {
  if (status === 501) return false;
  return status >= 500 || status === 429 || status === 408 || serviceCode === 'RequestTimeout';
}

function adviceOfStatus(status: number): string {
  if (status < 400) return 'The bucket is served elsewhere: check region and endpoint of the ali-oss client';
  if (status === 404) return 'The object, its version or the bucket does not exist: check their names';
  return 'The OSS documentation explains the code and the EC';
}
