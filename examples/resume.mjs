// A large file that goes on where it stopped. The checkpoint is a journal on disk, so that it outlives the process too.
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { EncryptedBucket } from '@oss-envelope/core';
import { environmentCredentials, fileCheckpoint, getToFile, putFile } from '@oss-envelope/core/node';
import { rsaProvider } from '@oss-envelope/provider-rsa';
import { rsaKeyPairInFolder } from '@oss-envelope/provider-rsa/node';
import { fetchTransport } from '@oss-envelope/transport-fetch';

const { OSS_ENDPOINT: endpoint, OSS_BUCKET: bucket, OSS_REGION: region } = process.env;
const transport = fetchTransport({ endpoint, bucket, region, credentials: environmentCredentials() });
const provider = rsaProvider(await rsaKeyPairInFolder({ folder: 'keys', create: true }));
const films = new EncryptedBucket({ transport, provider, format: 'sealed' });

const partSizeBytes = 1024 * 1024;
await writeFile('film.mp4', randomBytes(4 * partSizeBytes));
const options = { partSizeBytes, multipartThresholdBytes: 0, concurrency: 1 };

// The first try is stopped in the middle, as by a network that is gone.
const stop = new AbortController();
const first = putFile(films, 'examples/film.mp4', 'film.mp4', {
  ...options,
  checkpoint: fileCheckpoint('film.upload'),
  signal: stop.signal,
  onProgress: ({ transferredBytes }) => {
    if (transferredBytes > 2 * partSizeBytes) stop.abort();
  },
});
console.log('stopped:', (await first.catch((error) => error)).name);

// The second one sends what is missing.
let before;
await putFile(films, 'examples/film.mp4', 'film.mp4', {
  ...options,
  checkpoint: fileCheckpoint('film.upload'),
  onProgress: ({ transferredBytes }) => {
    before ??= transferredBytes;
  },
});
console.log('went on behind the first parts:', before >= partSizeBytes);

await getToFile(films, 'examples/film.mp4', 'copy.mp4', { concurrency: 3, partSizeBytes });
console.log('the same:', (await readFile('film.mp4')).equals(await readFile('copy.mp4')));
