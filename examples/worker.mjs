// A worker at the edge (Cloudflare, ESA, Deno Deploy): PUT encrypts what is sent, GET decrypts it, both as streams.
// No module of Node is used. PHOTOS_SECRET is a secret of the platform: 32 bytes in base64 (openssl rand -base64 32).
// Who may ask for which key is yours to check first.
import { EncryptedBucket, isOssEnvelopeError } from '@oss-envelope/core';
import { aesProvider } from '@oss-envelope/provider-aes';
import { fetchTransport } from '@oss-envelope/transport-fetch';

let bucket;

/** One bucket for all requests of this instance: it keeps keys. Made within a request, as platforms want it. */
function bucketOf(env) {
  bucket ??= new EncryptedBucket({
    transport: fetchTransport({
      endpoint: env.OSS_ENDPOINT,
      bucket: env.OSS_BUCKET,
      region: env.OSS_REGION,
      credentials: { accessKeyId: env.OSS_ACCESS_KEY_ID, accessKeySecret: env.OSS_ACCESS_KEY_SECRET },
    }),
    provider: aesProvider({ secret: env.PHOTOS_SECRET }),
    format: 'sealed',
  });
  return bucket;
}

export default {
  async fetch(request, env) {
    const key = `examples/worker/${decodeURIComponent(new URL(request.url).pathname.slice(1))}`;
    const { signal } = request;
    try {
      if (request.method === 'PUT') {
        await bucketOf(env).put(key, request.body ?? '', { signal, partSizeBytes: 1024 * 1024 });
        return new Response(null, { status: 204 });
      }
      if (request.method !== 'GET') return new Response(null, { status: 405 });
      const object = await bucketOf(env).get(key, { signal });
      return new Response(object.body);
    } catch (error) {
      if (!isOssEnvelopeError(error, 'ERR_SERVICE') || error.status !== 404) throw error;
      return new Response('There is no such object.', { status: 404 });
    }
  },
};
