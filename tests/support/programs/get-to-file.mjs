// Downloads an object to a file, in one request or, with a fifth argument, in that many ranges at once.
// usage: node get-to-file.mjs ENDPOINT KEY FILE PAIR-JSON [CONCURRENCY]
import { getToFile } from '@oss-envelope/core/node';
import { openBucket } from './open-bucket.mjs';

const [endpoint, key, path, keys, concurrency] = process.argv.slice(2);
const bucket = await openBucket(endpoint, keys, 'oss-crypto');
try {
  await getToFile(bucket, key, path, {
    concurrency: concurrency ? Number(concurrency) : undefined,
    partSizeBytes: 200_000,
  });
} catch (error) {
  console.log(error.code, error.message);
  process.exitCode = 3;
}
