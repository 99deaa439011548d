// An upload in many small parts that keeps a checkpoint in a file, over a transport that does nothing.
import { EncryptedBucket } from '@oss-envelope/core';
import { fileCheckpoint } from '@oss-envelope/core/node';
import { decimalCrc64 } from '@oss-envelope/crc64';
import { rsaProvider } from '@oss-envelope/provider-rsa';

/** The least that OSS takes. */
const partSizeBytes = 100 * 1024;
const part = new Uint8Array(partSizeBytes).map((_, index) => index * 7);

async function* content(partCount) {
  for (let sent = 0; sent < partCount; sent++) yield part;
}

function bucketOf({ keys }) {
  const headers = { etag: '"0"', 'x-oss-request-id': '0' };
  const answer = async () => ({ status: 200, headers });
  const transport = {
    crc64: decimalCrc64,
    takesChunksInTurn: true,
    ...{ put: answer, get: answer, head: answer, delete: answer },
    parts: {
      start: async () => ({ uploadId: '0' }),
      put: answer,
      list: async () => [],
      finish: answer,
      drop: async () => {},
    },
  };
  return new EncryptedBucket({ transport, provider: rsaProvider(keys), format: 'oss-crypto' });
}

function upload(context, checkpoint) {
  const bucket = bucketOf(context);
  const sizeBytes = context.partCount * partSizeBytes;
  const options = { sizeBytes, multipartThresholdBytes: 0, partSizeBytes, sourceState: '0', checkpoint };
  const source = { sizeBytes, open: () => content(context.partCount) };
  return async () => void (await bucket.put('uploaded', source, options));
}

/** Each is given the context of the sample, and gives what is timed. */
export const arms = {
  'with a checkpoint': (context) => upload(context, fileCheckpoint(context.checkpointPath)),
  'without a checkpoint': (context) => upload(context),
};
