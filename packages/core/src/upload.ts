export type { UploadBucketOptions, UploadOptions } from './client/option-types.js';
export { UploadBucket } from './client/upload-bucket.js';
