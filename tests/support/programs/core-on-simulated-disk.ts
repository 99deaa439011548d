// Core's files on a disk that forgets what was not synced, and a bucket in memory, bundled into one module.
export { EncryptedBucket } from '@oss-envelope/core';
export { fileCheckpoint, getToFile } from '@oss-envelope/core/node';
export { MemoryTransport } from '../../../packages/core/test/memory-transport.js';
export { disk } from '../../soak/disk.js';
