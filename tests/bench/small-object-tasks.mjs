// What is done with objects of 1 KiB, and what of it is RSA alone.
import {
  constants,
  createCipheriv,
  createDecipheriv,
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
} from 'node:crypto';
import { createContentKey, openContentKey } from '@oss-envelope/core';
import { rsaProvider } from '@oss-envelope/provider-rsa';
import { aliOssClient, bucketOverAliOss } from './ali-oss-clients.mjs';

const content = randomBytes(1024);
const sealedShared = { format: 'sealed', keyReuse: { maxObjects: 1000, maxAgeMs: 600_000 } };
const oaep = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' };

/** What an envelope costs at least, with the key parsed once: by node:crypto, one after the other on the main thread. */
function twoPrivateOperations({ keys }) {
  const key = createPrivateKey(keys.privateKey);
  const wrapped = publicEncrypt({ key: keys.publicKey, ...oaep }, randomBytes(32));
  return () => {
    privateDecrypt({ key, ...oaep }, wrapped);
    privateDecrypt({ key, ...oaep }, wrapped);
  };
}

/** Sealed objects, 64 of them. */
export async function putSealed(context, name) {
  const bucket = bucketOverAliOss({ ...context, ...sealedShared });
  await Promise.all(Array.from({ length: 64 }, (_, index) => bucket.put(`${name}-${index}`, content)));
}

/**
 * Puts the object plain, with the metadata that another one has: as many bytes of headers, which both sides have to
 * read, write and sign.
 */
async function putWithHeadersOf(context, name) {
  const client = aliOssClient(context);
  const { res } = await client.head(name);
  const headers = Object.fromEntries(
    Object.entries(res.headers).filter(([header]) => header.startsWith('x-oss-meta-')),
  );
  return (index) => client.put(`small-${index % 64}`, content, { headers });
}

/** What of a put in `oss-crypto` is cryptography, with the key parsed once: a bare key is OAEP with SHA-1. */
function bareEncryption({ keys }) {
  const key = createPublicKey(keys.publicKey);
  const start = Buffer.from('5');
  return () => {
    const dataKey = randomBytes(32);
    publicEncrypt(key, dataKey).toString('base64');
    publicEncrypt(key, start).toString('base64');
    applyBareKeystream(dataKey);
  };
}

function applyBareKeystream(dataKey) {
  createCipheriv('aes-256-ctr', createSecretKey(dataKey), Buffer.alloc(16)).update(content);
}

const gcm = 'aes-256-gcm';

function sealBare(key, nonce, bytes) {
  const cipher = createCipheriv(gcm, key, nonce);
  return { text: Buffer.concat([cipher.update(bytes), cipher.final()]), tag: cipher.getAuthTag() };
}

function openBare(key, nonce, { text, tag }) {
  const decipher = createDecipheriv(gcm, key, nonce, { authTagLength: 16 });
  decipher.setAuthTag(tag);
  return Buffer.concat([decipher.update(text), decipher.final()]);
}

/** The key schedule of a sealed object (RFC 5869 §2.3): two HMACs under the data key. */
function expandBare(dataKey, salt) {
  const key = createSecretKey(dataKey);
  const first = createHmac('sha512', key).update(salt).digest();
  const second = createHmac('sha512', key).update(first).digest();
  return { aeadKey: createSecretKey(first.subarray(0, 32)), nonce: first.subarray(32, 44), second };
}

/** What of a sealed put is cryptography, with the wrapping key there: fresh bytes, the key schedule, two boxes, two texts. */
function bareSealing() {
  const wrappingKey = createSecretKey(randomBytes(32));
  return () => {
    const random = randomBytes(68);
    const { aeadKey, nonce } = expandBare(random.subarray(0, 32), random.subarray(32, 56));
    sealBare(aeadKey, nonce, content);
    const { text, tag } = sealBare(wrappingKey, random.subarray(56), random.subarray(0, 32));
    return [random.toString('base64'), text.toString('base64'), tag];
  };
}

/** And what of a sealed get is. */
function bareOpening() {
  const wrappingKey = createSecretKey(randomBytes(32));
  const random = randomBytes(68);
  const wrapped = sealBare(wrappingKey, random.subarray(56), random.subarray(0, 32));
  const made = expandBare(random.subarray(0, 32), random.subarray(32, 56));
  const sealed = sealBare(made.aeadKey, made.nonce, content);
  return () => {
    const dataKey = openBare(wrappingKey, random.subarray(56), wrapped);
    const { aeadKey, nonce } = expandBare(dataKey, random.subarray(32, 56));
    return openBare(aeadKey, nonce, sealed);
  };
}

/** Each is given the context, and gives what is done once for each object. */
export const tasks = {
  'plain put': (context) => {
    const client = aliOssClient(context);
    return (index) => client.put(`small-${index % 64}`, content);
  },
  'plain put, as many headers': (context) => putWithHeadersOf(context, 'encrypted'),
  /** The least that an encrypted put can cost beside a plain one. */
  'plain put, as many headers, and bare cryptography': async (context) => {
    const put = await putWithHeadersOf(context, 'encrypted');
    const encrypt = bareEncryption(context);
    return (index) => {
      encrypt();
      return put(index);
    };
  },
  'plain put, as many headers as sealed': (context) => putWithHeadersOf(context, 'sealed-0'),
  /** The least that a sealed put can cost beside a plain one. */
  'plain put, as many headers as sealed, and bare cryptography': async (context) => {
    const put = await putWithHeadersOf(context, 'sealed-0');
    const seal = bareSealing();
    return (index) => {
      seal();
      return put(index);
    };
  },
  'encrypted put': (context) => {
    const bucket = bucketOverAliOss(context);
    return (index) => bucket.put(`small-${index % 64}`, content);
  },
  /** As the format of the other SDKs has it by default. */
  'encrypted get, PKCS#1 v1.5': (context) => {
    const bucket = bucketOverAliOss({ ...context, format: 'client-side-encryption' });
    return async () => (await bucket.get('pkcs1')).bytes();
  },
  'data key made and wrapped, no I/O': ({ keys }) => {
    const provider = rsaProvider(keys);
    return () => createContentKey(provider, 'oss-crypto', { contentSizeBytes: content.length });
  },
  'plain get': (context) => {
    const client = aliOssClient(context);
    return () => client.get('plain');
  },
  'plain get of the encrypted object': (context) => {
    const client = aliOssClient(context);
    return () => client.get('encrypted');
  },
  /** The least that a read of an open object can cost: a range, held to one state of the object, and decrypted. */
  'plain ranged get of the encrypted object, and bare cryptography': async (context) => {
    const client = aliOssClient(context);
    const { res } = await client.head('encrypted');
    const headers = {
      Range: `bytes=0-${content.length - 1}`,
      'If-Match': res.headers.etag,
      'x-oss-range-behavior': 'standard',
    };
    const dataKey = randomBytes(32);
    return async () => {
      await client.get('encrypted', { headers });
      applyBareKeystream(dataKey);
    };
  },
  'plain get of the sealed object': (context) => {
    const client = aliOssClient(context);
    return (index) => client.get(`sealed-${index % 64}`);
  },
  /** The least that a sealed get can cost. */
  'plain get of the sealed object, and bare cryptography': (context) => {
    const client = aliOssClient(context);
    const open = bareOpening();
    return async (index) => {
      await client.get(`sealed-${index % 64}`);
      open();
    };
  },
  'encrypted get': (context) => {
    const bucket = bucketOverAliOss(context);
    return async () => (await bucket.get('encrypted')).bytes();
  },
  'data key unwrapped, no I/O': async ({ keys }) => {
    const provider = rsaProvider(keys);
    const { envelope } = await createContentKey(provider, 'oss-crypto');
    return () => openContentKey(envelope, [provider]);
  },
  'two bare RSA private operations, no I/O': twoPrivateOperations,
  'plain get, then two bare RSA private operations': (context) => {
    const client = aliOssClient(context);
    const decrypt = twoPrivateOperations(context);
    return async () => {
      await client.get('plain');
      decrypt();
    };
  },
  /** One key is wrapped for up to 1,000 objects, by two RSA operations in all. */
  'sealed put, keys shared': (context) => {
    const bucket = bucketOverAliOss({ ...context, ...sealedShared });
    return (index) => bucket.put(`small-${index % 64}`, content);
  },
  'sealed get, keys shared': (context) => {
    const bucket = bucketOverAliOss({ ...context, ...sealedShared });
    return async (index) => (await bucket.get(`sealed-${index % 64}`)).bytes();
  },
  /** What a rewrap costs at least: the metadata written back by ali-oss, and nothing computed. */
  'HEAD and COPY by hand': async (context) => {
    const client = aliOssClient(context);
    await putSealed(context, 'by-hand');
    return async (index) => {
      const name = `by-hand-${index % 64}`;
      const { meta } = await client.head(name);
      await client.copy(name, name, { meta, headers: { 'content-type': 'application/octet-stream' } });
    };
  },
  'rewrap, ACL known': async (context) => {
    const bucket = bucketOverAliOss({ ...context, ...sealedShared });
    await putSealed(context, 'known');
    return (index) => bucket.rewrap(`known-${index % 64}`, { acl: 'default' });
  },
  rewrap: async (context) => {
    const bucket = bucketOverAliOss({ ...context, ...sealedShared });
    await putSealed(context, 'asked');
    return (index) => bucket.rewrap(`asked-${index % 64}`);
  },
  'read of an open object': async (context) => {
    // One byte comes along with the envelope, so that every read is a request.
    const object = await bucketOverAliOss(context).open('encrypted', { prefetchBytes: 1 });
    return () => object.read(0, content.length);
  },
};
