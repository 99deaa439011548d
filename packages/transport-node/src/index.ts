export type { AliOssClient } from './ali-oss-client.js';
export { type AliOssTransport, type AliOssTransportOptions, aliOssTransport } from './ali-oss-transport.js';
