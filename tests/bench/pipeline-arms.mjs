// The cipher and the checksum without any I/O, and the bare cipher of Node on the same chunks.
import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from 'node:crypto';
import { EncryptedBucket, encryptContent } from '@oss-envelope/core';
import { crc64, createCrc64, decimalCrc64 } from '@oss-envelope/crc64';
import { rsaProvider } from '@oss-envelope/provider-rsa';
import { freeAtOnce } from './malloc-priming.mjs';

const chunkBytes = 256 * 1024;
const sealedChunkBytes = 16 * 1024;
/** Of a sealed object that is read again and again: what comes from a network is in the processor's cache too. */
const sealedObjectBytes = 8 * 1024 * 1024;
const inOneRequest = { multipartThresholdBytes: Number.MAX_SAFE_INTEGER };
const dataKey = randomBytes(32);
const counterBlock = randomBytes(16);
const chunk = randomBytes(chunkBytes);

async function* chunksOf(sizeBytes) {
  for (let sent = 0; sent < sizeBytes; sent += chunkBytes) yield chunk;
}

/**
 * A sealed bucket over a transport that does no I/O, and keeps the last object where it is asked to. As over ali-oss and
 * fetch, sent chunks are taken in turn; and unless `sums` is false, what is sent and received is summed.
 */
function sealedBucket({ keys, keeps, sums = true }) {
  const answer = { etag: '"0"', 'x-oss-request-id': '0' };
  let stored;
  return new EncryptedBucket({
    transport: {
      ...(sums && { crc64: decimalCrc64 }),
      takesChunksInTurn: true,
      async put({ headers, body }) {
        const kept = [];
        for await (const bytes of body.kind === 'bytes' ? [body.bytes] : body.chunks) {
          if (keeps) kept.push(bytes.slice());
        }
        const whole = Buffer.concat(kept);
        const sum = keeps && { 'x-oss-hash-crc64ecma': String(crc64(whole)) };
        stored = { headers: { ...headers, ...sum }, body: whole };
        return { status: 200, headers: { ...answer, ...sum } };
      },
      async get() {
        const { headers, body } = stored;
        async function* chunks() {
          for (let sent = 0; sent < body.length; sent += chunkBytes)
            yield body.subarray(sent, sent + chunkBytes);
        }
        return {
          status: 200,
          headers: { ...headers, ...answer, 'content-length': String(body.length) },
          chunks: chunks(),
          cancel: async () => {},
        };
      },
      head: async () => ({ status: 200, headers: { ...stored.headers, ...answer } }),
      delete: async () => ({ status: 204, headers: answer }),
    },
    provider: rsaProvider(keys),
    format: 'sealed',
  });
}

async function sealedPut({ sizeBytes, keys, sums }) {
  const bucket = sealedBucket({ keys, keeps: false, sums });
  return () => bucket.put('object', chunksOf(sizeBytes), { sizeBytes, ...inOneRequest });
}

/** Reads a sealed object of 8 MiB again and again; `read` does it once. */
async function sealedRead({ sizeBytes, keys, sums }, read) {
  const bucket = sealedBucket({ keys, keeps: true, sums });
  const objectBytes = Math.min(sealedObjectBytes, sizeBytes);
  await bucket.put('object', chunksOf(objectBytes), { sizeBytes: objectBytes, ...inOneRequest });
  const readOnce = await read(bucket, objectBytes);
  return async () => {
    for (let done = 0; done < sizeBytes; done += objectBytes) await readOnce();
  };
}

/** As anybody reads it, who may keep each chunk. */
const sealedGet = (context) =>
  sealedRead(context, async (bucket) => async () => {
    for await (const _ of (await bucket.get('object')).chunks());
  });

/** As into a file: what was read is done with when its place has taken it, and its memory is used again. */
const sealedDownload = (context) =>
  sealedRead(context, async (bucket, objectBytes) => {
    const object = await bucket.open('object');
    const nowhere = { write: async () => {} };
    return () => object.download(nowhere, { partSizeBytes: objectBytes, concurrency: 1 });
  });

const gcm = 'aes-256-gcm';

/** The nonce of a chunk, in memory that is used again. */
function nonces() {
  const nonce = Buffer.alloc(12);
  return (number) => {
    nonce.writeUInt32BE(number, 8);
    return nonce;
  };
}

/** An object of sealed chunks, and its tags; as large as the sealed ones above. */
function sealBare(key) {
  const nonceOf = nonces();
  return Array.from({ length: sealedObjectBytes / sealedChunkBytes }, (_, number) => {
    const cipher = createCipheriv(gcm, key, nonceOf(number));
    const text = Buffer.concat([cipher.update(chunk.subarray(0, sealedChunkBytes)), cipher.final()]);
    return { text, tag: cipher.getAuthTag() };
  });
}

/** What came out stays until V8 collects it, as with a reader who keeps it a moment. */
const leaveAlone = () => {};

/** What came out is freed, fifteen chunks together, as where everything is done with in turn. */
function freedTogether() {
  let waiting = [];
  return ({ buffer }) => {
    if (waiting.push(buffer) < 15) return;
    freeAtOnce(waiting);
    waiting = [];
  };
}

/** The key is made a KeyObject once: Node 24 takes raw bytes at a third of the speed. */
function sealingBare({ sizeBytes }, done) {
  const key = createSecretKey(dataKey);
  return () => {
    const nonceOf = nonces();
    for (let sealed = 0; sealed < sizeBytes; sealed += sealedChunkBytes) {
      const cipher = createCipheriv(gcm, key, nonceOf(sealed / sealedChunkBytes));
      const start = sealed % chunkBytes;
      const text = cipher.update(chunk.subarray(start, start + sealedChunkBytes));
      cipher.final();
      cipher.getAuthTag();
      done(text);
    }
  };
}

function openingBare({ sizeBytes }, done) {
  const key = createSecretKey(dataKey);
  const chunks = sealBare(key);
  return () => {
    const nonceOf = nonces();
    for (let opened = 0; opened < sizeBytes; opened += sealedChunkBytes) {
      const number = (opened / sealedChunkBytes) % chunks.length;
      const decipher = createDecipheriv(gcm, key, nonceOf(number), { authTagLength: 16 });
      decipher.setAuthTag(chunks[number].tag);
      const text = decipher.update(chunks[number].text);
      decipher.final();
      done(text);
    }
  };
}

/** Each is given the context of the sample, and gives what is timed. */
export const arms = {
  'bare createCipheriv':
    ({ sizeBytes }) =>
    () => {
      const cipher = createCipheriv('aes-256-ctr', dataKey, counterBlock);
      for (let sent = 0; sent < sizeBytes; sent += chunkBytes) cipher.update(chunk);
    },
  encryptContent:
    ({ sizeBytes }) =>
    async () => {
      for await (const _ of encryptContent(chunksOf(sizeBytes), { dataKey, counterBlock }));
    },
  'bare AES-256-GCM, chunks of 16 KiB': (context) => sealingBare(context, leaveAlone),
  'bare AES-256-GCM, freed at once': (context) => sealingBare(context, freedTogether()),
  'bare AES-256-GCM opened, chunks of 16 KiB': (context) => openingBare(context, leaveAlone),
  'bare AES-256-GCM opened, freed at once': (context) => openingBare(context, freedTogether()),
  'sealed put, no I/O': (context) => sealedPut(context),
  'sealed put without CRC-64, no I/O': (context) => sealedPut({ ...context, sums: false }),
  'sealed get, no I/O': (context) => sealedGet(context),
  'sealed get without CRC-64, no I/O': (context) => sealedGet({ ...context, sums: false }),
  'sealed download, no I/O': (context) => sealedDownload(context),
  'sealed download without CRC-64, no I/O': (context) => sealedDownload({ ...context, sums: false }),
  'CRC-64 alone':
    ({ sizeBytes }) =>
    () => {
      const crc64 = createCrc64();
      for (let sent = 0; sent < sizeBytes; sent += chunkBytes) crc64.update(chunk);
      crc64.digest();
    },
  'encryptContent and CRC-64':
    ({ sizeBytes }) =>
    async () => {
      const crc64 = createCrc64();
      const encrypted = encryptContent(chunksOf(sizeBytes), { dataKey, counterBlock });
      for await (const bytes of encrypted) crc64.update(bytes);
      crc64.digest();
    },
};
