// One upload or download of a large object: plain by fetch, and encrypted over it.
import { createCipheriv, randomBytes } from 'node:crypto';
import { open } from 'node:fs/promises';
import { EncryptedBucket } from '@oss-envelope/core';
import { putFile } from '@oss-envelope/core/node';
import { createCrc64 } from '@oss-envelope/crc64';
import { rsaProvider } from '@oss-envelope/provider-rsa';
import { fetchTransport } from '@oss-envelope/transport-fetch';
import { bucketName } from './server-process.mjs';

const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;
const partSizeBytes = 8 * mebibyte;
const concurrency = 3;
const inOneRequest = { multipartThresholdBytes: Number.MAX_SAFE_INTEGER };
const inParts = { multipartThresholdBytes: 0, partSizeBytes, concurrency };

/**
 * A file as fetch sends it fastest: a default stream (byte streams and async iterables take more than twice as long
 * on Node 20) of chunks of 256 KiB.
 */
async function streamOfFile(path, map = (chunk) => chunk) {
  const handle = await open(path);
  return new ReadableStream(
    {
      async pull(controller) {
        const { bytesRead, buffer } = await handle.read(new Uint8Array(256 * kibibyte));
        if (bytesRead > 0) {
          controller.enqueue(map(buffer.subarray(0, bytesRead)));
          return;
        }
        await handle.close();
        controller.close();
      },
    },
    { highWaterMark: 0 },
  );
}

/** An encrypted bucket over fetch. */
export function bucketOverFetch({ endpoint, region, account, keys, bucket = bucketName }) {
  return new EncryptedBucket({
    transport: fetchTransport({ endpoint, region, bucket, credentials: account }),
    provider: rsaProvider(keys),
    format: 'oss-crypto',
  });
}

/** A cipher and a CRC-64 with nothing around them: no transport that encrypts does less. */
function bareCryptography() {
  const cipher = createCipheriv('aes-256-ctr', randomBytes(32), randomBytes(16));
  const crc64 = createCrc64();
  return {
    encrypt(chunk) {
      const encrypted = cipher.update(chunk);
      crc64.update(encrypted);
      return encrypted;
    },
    decrypt(chunk) {
      crc64.update(chunk);
      return cipher.update(chunk);
    },
  };
}

/** A plain upload by a signed URL. */
function plainUpload(context, redirect, map) {
  return async () => {
    const response = await fetch(context.signedUrls.upload, {
      method: 'PUT',
      body: await streamOfFile(context.source, map),
      headers: { 'content-length': String(context.sizeBytes) },
      duplex: 'half',
      redirect,
    });
    await response.arrayBuffer();
    if (!response.ok) throw new Error(`the server answered ${response.status}`);
  };
}

async function plainBody({ signedUrls }) {
  const response = await fetch(signedUrls.download);
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  return response.body;
}

/** Each is given the context of the sample, and gives what is timed. */
export const arms = {
  /** Without the option a redirect could be followed, and so fetch keeps all that it sent. */
  "plain upload, redirect: 'error'": (context) => plainUpload(context, 'error'),
  'plain upload': (context) => plainUpload(context, 'follow'),
  "plain upload, redirect: 'error', and bare cryptography": (context) =>
    plainUpload(context, 'error', bareCryptography().encrypt),
  'encrypted putFile': (context) => {
    const bucket = bucketOverFetch(context);
    return () => putFile(bucket, 'uploaded', context.source, inOneRequest);
  },
  'encrypted putFile in parts': (context) => {
    const bucket = bucketOverFetch(context);
    return () => putFile(bucket, 'uploaded', context.source, inParts);
  },

  'plain download to nowhere': (context) => async () => {
    const reader = (await plainBody(context)).getReader();
    while (!(await reader.read()).done);
  },
  'plain download to nowhere, and bare cryptography': (context) => async () => {
    const reader = (await plainBody(context)).getReader();
    const { decrypt } = bareCryptography();
    for (let read = await reader.read(); !read.done; read = await reader.read()) decrypt(read.value);
  },
  'encrypted chunks to nowhere': (context) => {
    const bucket = bucketOverFetch(context);
    return async () => {
      for await (const _ of (await bucket.get('encrypted')).chunks());
    };
  },
  'encrypted ranges to nowhere': (context) => {
    const bucket = bucketOverFetch(context);
    const nowhere = { write: async () => {} };
    return async () => (await bucket.open('encrypted')).download(nowhere, { partSizeBytes, concurrency });
  },
};
