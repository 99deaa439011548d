// A bundle of its own: its documents are checked by all of zod, which no other command has to load.
export { defaultOssAccount, startKms, startOss } from '@oss-envelope/local-cloud';
