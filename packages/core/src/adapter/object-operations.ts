import {
  assertObjectKey,
  type Headers as HeaderRecord,
  IntegrityError,
  InvalidArgumentError,
  type ObjectTransport,
  OutOfRangeError,
  type ServiceError,
  type StoredPart,
  TransportError,
} from '@oss-envelope/core';
import { combineCrc64, createCrc64, decimalCrc64, formatCrc64, parseCrc64 } from '@oss-envelope/crc64';
import { type BodyObserver, BodyReader, iterateOnce } from './body-reader.js';
import { formatPartList, type PartPage, parsePartPage, parseUploadId } from './multipart-document.js';
import { percentEncode, percentEncodePath } from './percent-encoding.js';
import type { Answer, ObjectRequest, RequestSender } from './request-sender.js';

// The operations of an object as the OSS documentation has them ("Operations on objects"), on whatever sends requests.

const maxDocumentBytes = 4 * 1024 * 1024;
const maxPartNumber = 10_000;

const crcHeader = 'x-oss-hash-crc64ecma';

const damagedUpload = 'What is stored now may be damaged: upload it again, or delete it.';

/** Compares a CRC with the server's, where the server gives one. */
function assertCrc(crc64: bigint, headers: HeaderRecord, remedy: string): void {
  const announced = headers[crcHeader];
  if (announced !== undefined && parseCrc64(announced) !== crc64) {
    throw new IntegrityError(`The CRC-64 of the bytes here is not the one that OSS has. ${remedy}`);
  }
}

/** Reads an answer that has no object in it to its end, so that its connection can be used again. */
function readDocument({ response, exchange }: Answer): Promise<string> {
  return new BodyReader(response, exchange).text(maxDocumentBytes);
}

async function readNothing(answer: Answer): Promise<{ status: number; headers: HeaderRecord }> {
  await readDocument(answer);
  return { status: answer.status, headers: answer.headers };
}

/** Checks a download's length and CRC-64, as far as the answer tells them. */
function downloadObserver(status: number, headers: HeaderRecord): BodyObserver | undefined {
  // fetch undoes a Content-Encoding, and the numbers are those of the bytes before.
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') return undefined;
  const length = headers['content-length'];
  const announcedBytes = length !== undefined && /^\d+$/.test(length) ? Number(length) : undefined;
  const crc = status === 200 && headers[crcHeader] !== undefined ? createCrc64() : undefined;
  let receivedBytes = 0;
  const refuseLength = (): never => {
    throw new IntegrityError(
      `The body is not of the ${announcedBytes} bytes that OSS announced. Fetch the object again.`,
    );
  };
  return {
    update(chunk) {
      receivedBytes += chunk.length;
      if (announcedBytes !== undefined && receivedBytes > announcedBytes) refuseLength();
      crc?.update(chunk);
    },
    finish() {
      if (announcedBytes !== undefined && receivedBytes !== announcedBytes) refuseLength();
      if (crc) assertCrc(crc.digest(), headers, 'Fetch the object again; if it repeats, it is damaged.');
    },
  };
}

function versionQuery(versionId: string | undefined): Record<string, string> {
  return versionId === undefined ? {} : { versionId };
}

function assertPartNumber(partNumber: number): void {
  if (!Number.isInteger(partNumber) || partNumber < 1 || partNumber > maxPartNumber) {
    throw new OutOfRangeError('partNumber', `must be a whole number from 1 to ${maxPartNumber}`);
  }
}

function assertUploadId(uploadId: unknown): void {
  if (typeof uploadId !== 'string' || uploadId === '') {
    throw new InvalidArgumentError('uploadId', 'must be what startParts gave');
  }
}

/** CRC-64 of all parts together, where the CRC of each is known. */
function combinedCrc(parts: readonly Partial<StoredPart>[]): bigint | undefined {
  let combined = 0n;
  for (const part of parts) {
    const crc64 = part.crc64 === undefined ? undefined : parseCrc64(part.crc64);
    if (crc64 === undefined) return undefined;
    combined = combineCrc64(combined, crc64, part.sizeBytes ?? 0);
  }
  return combined;
}

function isGone(refusal: ServiceError): boolean {
  return refusal.serviceCode === 'NoSuchUpload';
}

/** The operations on the objects of a bucket, sent by `sender`. */
export function createObjectTransport(sender: RequestSender, bucket: string | undefined): ObjectTransport {
  const head = (request: Pick<ObjectRequest, 'key' | 'headers' | 'signal'>, versionId?: string) =>
    sender.send({ ...request, method: 'HEAD', query: versionQuery(versionId) }, readNothing);

  return {
    crc64: decimalCrc64,

    async put({ key, headers, body, signal }) {
      assertObjectKey(key);
      return sender.send({ method: 'PUT', key, query: {}, headers, body, signal }, async (answer) => {
        const response = await readNothing(answer);
        assertCrc(answer.sent.crc64, answer.headers, damagedUpload);
        return response;
      });
    },

    async get({ key, headers, signal, versionId }) {
      assertObjectKey(key);
      const query = versionQuery(versionId);
      return sender.send({ method: 'GET', key, query, headers, signal }, async (answer) => {
        const { status, response, exchange } = answer;
        if (status !== 200 && status !== 206) {
          throw new TransportError(
            `OSS answered GET with ${status}, which is neither an object nor a range.`,
            {
              retryable: false,
            },
          );
        }
        const reader = new BodyReader(response, exchange, downloadObserver(status, answer.headers));
        return {
          status,
          headers: answer.headers,
          chunks: iterateOnce(reader),
          cancel: async () => reader.cancel(),
        };
      });
    },

    async head({ key, headers, signal, versionId }) {
      assertObjectKey(key);
      return head({ key, headers, signal }, versionId);
    },

    async delete({ key, headers, signal, versionId }) {
      assertObjectKey(key);
      const query = versionQuery(versionId);
      return sender.send({ method: 'DELETE', key, query, headers, signal }, readNothing);
    },

    async copy({ key, headers, signal, sourceKey, sourceVersionId }) {
      assertObjectKey(key);
      assertObjectKey(sourceKey, 'sourceKey');
      if (bucket === undefined)
        throw new InvalidArgumentError('bucket', 'must be given to the transport: copy names it');
      const version = sourceVersionId === undefined ? '' : `?versionId=${percentEncode(sourceVersionId)}`;
      const copySource = `/${bucket}/${percentEncodePath(sourceKey)}${version}`;
      const allHeaders = { ...headers, 'x-oss-copy-source': copySource };
      return sender.send({ method: 'PUT', key, query: {}, headers: allHeaders, signal }, readNothing);
    },

    parts: {
      async start({ key, headers, signal }) {
        assertObjectKey(key);
        const query = { uploads: '' };
        return sender.send({ method: 'POST', key, query, headers, signal }, async (answer) => ({
          uploadId: parseUploadId(await readDocument(answer)),
        }));
      },

      async put({ key, headers, signal, uploadId, partNumber, body }) {
        assertObjectKey(key);
        assertUploadId(uploadId);
        assertPartNumber(partNumber);
        const query = { partNumber: String(partNumber), uploadId };
        return sender.send({ method: 'PUT', key, query, headers, body, signal }, async (answer) => {
          const response = await readNothing(answer);
          assertCrc(answer.sent.crc64, answer.headers, 'Upload the part again.');
          return response;
        });
      },

      async list({ key, headers, signal, uploadId }) {
        assertObjectKey(key);
        assertUploadId(uploadId);
        const pageAfter = (marker: number): Promise<PartPage> => {
          const query = { 'max-parts': '1000', 'part-number-marker': String(marker), uploadId };
          return sender.send({ method: 'GET', key, query, headers, signal }, async (answer) =>
            parsePartPage(await readDocument(answer), marker),
          );
        };
        let page = await pageAfter(0);
        const parts = [...page.parts];
        while (page.nextMarker !== undefined) {
          page = await pageAfter(page.nextMarker);
          parts.push(...page.parts);
        }
        return parts;
      },

      async finish({ key, headers, signal, uploadId, parts }) {
        assertObjectKey(key);
        assertUploadId(uploadId);
        const ordered = parts.toSorted((a, b) => a.partNumber - b.partNumber);
        for (const part of ordered) assertPartNumber(part.partNumber);
        const expectedCrc = combinedCrc(ordered);
        const request: ObjectRequest = {
          method: 'POST',
          key,
          query: { uploadId },
          headers: { 'content-type': 'application/xml', ...headers },
          body: { kind: 'bytes', bytes: new TextEncoder().encode(formatPartList(ordered)) },
          signal,
        };
        const finish = async (answer: Answer) => {
          const response = await readNothing(answer);
          if (expectedCrc !== undefined) assertCrc(expectedCrc, response.headers, damagedUpload);
          return response;
        };
        return sender.send(request, finish, async (refusal) => {
          // The upload is gone because an earlier try finished it, if the object is what the parts add up to.
          if (!isGone(refusal) || expectedCrc === undefined) return undefined;
          const found = await head({ key, headers: {}, signal }).catch(() => undefined);
          return found?.headers[crcHeader] === formatCrc64(expectedCrc) ? found : undefined;
        });
      },

      async drop({ key, headers, signal, uploadId }) {
        assertObjectKey(key);
        assertUploadId(uploadId);
        const request: ObjectRequest = { method: 'DELETE', key, query: { uploadId }, headers, signal };
        await sender.send(request, readNothing, async (refusal) =>
          isGone(refusal) ? { status: 204, headers: {} } : undefined,
        );
      },
    },
  };
}
