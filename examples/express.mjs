// Upload and download by Express 5, both as streams: PUT /files/NAME and GET /files/NAME, ranges too.
// `node examples/express.mjs`, then: curl -T photo.jpg localhost:3000/files/photo.jpg
import { pipeline } from 'node:stream/promises';
import { EncryptedBucket, isOssEnvelopeError } from '@oss-envelope/core';
import { environmentCredentials } from '@oss-envelope/core/node';
import { rsaProvider } from '@oss-envelope/provider-rsa';
import { rsaKeyPairInFolder } from '@oss-envelope/provider-rsa/node';
import { fetchTransport } from '@oss-envelope/transport-fetch';
import express from 'express';

const { OSS_ENDPOINT: endpoint, OSS_BUCKET, OSS_REGION: region, PORT = '3000' } = process.env;
const credentials = environmentCredentials();
const bucket = new EncryptedBucket({
  transport: fetchTransport({ endpoint, bucket: OSS_BUCKET, region, credentials }),
  provider: rsaProvider(await rsaKeyPairInFolder({ folder: 'keys', create: true })),
  format: 'sealed',
});

const app = express();
const keyOf = (request) => `examples/express/${request.params.name}`;

app.put('/files/:name', async (request, response) => {
  // The request is the content. What it claims of its type is kept, and is not authenticated.
  await bucket.put(keyOf(request), request, { contentType: request.get('content-type') });
  response.sendStatus(204);
});

app.get('/files/:name', async (request, response) => {
  const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.get('range') ?? '') ?? [];
  const range = from && { offsetBytes: Number(from), lengthBytes: Number(to) - Number(from) + 1 };
  const object = await bucket.get(keyOf(request), range ? { range } : {});
  response
    .status(range ? 206 : 200)
    .type('application/octet-stream')
    .attachment(request.params.name);
  // A part of it that was changed breaks the connection: the client sees that the download failed.
  await pipeline(object.chunks(), response);
});

app.use((error, _request, response, next) => {
  if (response.headersSent) return next(error);
  const isMissing = isOssEnvelopeError(error, 'ERR_SERVICE') && error.status === 404;
  if (!isMissing) console.error(error.message);
  response.sendStatus(isMissing ? 404 : 502);
});

const server = app.listen(Number(PORT), '127.0.0.1', () => {
  console.log(`listening: http://127.0.0.1:${server.address().port}/files/`);
});
