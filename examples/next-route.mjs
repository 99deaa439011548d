// A route of Next's app router: copy it to app/files/[name]/route.js. PUT encrypts, GET decrypts, both as streams.
// It runs in the Node runtime and at the edge: FILES_SECRET is 32 bytes in base64 (openssl rand -base64 32).
import { EncryptedBucket, isOssEnvelopeError } from '@oss-envelope/core';
import { aesProvider } from '@oss-envelope/provider-aes';
import { fetchTransport } from '@oss-envelope/transport-fetch';

/** Next must not answer from a cache. */
export const dynamic = 'force-dynamic';

let opened;

/** One bucket for all requests. Made at the first one: while Next builds, the variables may not be there. */
function openBucket() {
  const { OSS_ENDPOINT, OSS_BUCKET, OSS_REGION, FILES_SECRET } = process.env;
  const { OSS_ACCESS_KEY_ID, OSS_ACCESS_KEY_SECRET } = process.env;
  opened ??= new EncryptedBucket({
    transport: fetchTransport({
      endpoint: OSS_ENDPOINT,
      bucket: OSS_BUCKET,
      region: OSS_REGION,
      credentials: { accessKeyId: OSS_ACCESS_KEY_ID, accessKeySecret: OSS_ACCESS_KEY_SECRET },
    }),
    provider: aesProvider({ secret: FILES_SECRET }),
    format: 'sealed',
  });
  return opened;
}

/** Who asks, and whether the file is theirs, is yours to check first. */
const keyOf = async (params) => `examples/next/${(await params).name}`;

export async function PUT(request, { params }) {
  await openBucket().put(await keyOf(params), request.body ?? '', { signal: request.signal });
  return new Response(null, { status: 204 });
}

export async function GET(request, { params }) {
  try {
    const object = await openBucket().get(await keyOf(params), { signal: request.signal });
    return new Response(object.body, { headers: { 'content-type': 'application/octet-stream' } });
  } catch (error) {
    if (!isOssEnvelopeError(error, 'ERR_SERVICE') || error.status !== 404) throw error;
    return new Response('There is no such file.', { status: 404 });
  }
}
