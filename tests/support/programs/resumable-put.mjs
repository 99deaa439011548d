// Uploads a file with a checkpoint; anyone who starts this program may kill it at any moment and start it again.
// usage: node resumable-put.mjs ENDPOINT KEY FILE CHECKPOINT PUBLIC-AND-PRIVATE-KEY-JSON
import { fileCheckpoint, putFile } from '@oss-envelope/core/node';
import { openBucket } from './open-bucket.mjs';

const [endpoint, key, path, checkpoint, keys] = process.argv.slice(2);
const bucket = await openBucket(endpoint, keys, 'client-side-encryption');
process.stdout.write('started\n');
await putFile(bucket, key, path, {
  checkpoint: fileCheckpoint(checkpoint),
  partSizeBytes: 102_400,
  multipartThresholdBytes: 0,
  concurrency: 2,
});
