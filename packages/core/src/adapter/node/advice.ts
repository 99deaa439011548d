import { isBytes } from '../../encoding/bytes.js';
import { isPlainObject } from '../../encoding/plain-object.js';
import { isPromise } from '../../stream/is-promise.js';
import type { Advice } from '../advice.js';

/**
 * What ali-oss and others call an option, and what it may be here: the names of options, of which a call has one or
 * none, and what follows the name in words.
 */
const namesElsewhere: readonly (readonly [elsewhere: RegExp, here: string, words?: string])[] = [
  [
    /^(?:accessKey(?:Id|Secret)|secretAccessKey|stsToken|securityToken|sessionToken|refreshSTSToken\w*)$/i,
    'credentials',
    ': { accessKeyId, accessKeySecret, securityToken }, or a function that gives them',
  ],
  [/^mime-?(?:type)?$/i, 'contentType'],
  [/^(?:user)?meta$/i, 'metadata'],
  [/^(?:parallel|queueSize)$/, 'concurrency'],
  [/^(?:contentLength|size)$/i, 'sizeBytes'],
  [/^md5$/i, 'contentMd5'],
  [/^(?:request)?timeout$/i, 'idleTimeoutMs timeoutMs'],
  [/^(?:request)?timeout$/i, 'signal', ': AbortSignal.timeout(60_000)'],
  [/^abortSignal$/, 'signal'],
  [/^(?:retryMax|maxRetries)$/i, 'retries'],
  [/^(?:max-?keys|limit)$/i, 'pageSize'],
  [/^(?:marker|continuation-?token)$/i, 'startAfter'],
  [/^expiresIn$/, 'expiresSeconds'],
  [/^(?:secure|internal)$/, 'endpoint', ", such as 'https://oss-cn-hangzhou-internal.aliyuncs.com'"],
  [/^(?:cname|sldEnable)$/, 'addressing'],
  [/^authorizationV4$/, 'signatureVersion'],
  [/^bucketName$/, 'bucket'],
  [/^(?:client|oss)$/i, 'transport', ': aliOssTransport(client)'],
  // A client of ali-oss in place of options: its own first member.
  [/^options$/, 'endpoint', ', bucket and credentials, or aliOssTransport(client) for a client of ali-oss'],
  [/^acl$/i, 'headers', ": { 'x-oss-object-acl': … }"],
  [/^storage-?class$/i, 'headers', ": { 'x-oss-storage-class': … }"],
  [/^tag(?:s|ging)$/i, 'headers', ": { 'x-oss-tagging': … }"],
  [/^callback$/i, 'headers', ": { 'x-oss-callback': … }"],
  [/^(?:cache-?control|content-?(?:disposition|language))$/i, 'headers', ', of which it is one'],
];

/** All that is known of what people take for what. */
export const advice: Advice = {
  ofOption(name, known) {
    for (const [elsewhere, names, words = ''] of namesElsewhere) {
      const here = elsewhere.test(name) && names.split(' ').find((one) => known.includes(one));
      if (here) return here + words;
    }
    return undefined;
  },

  ofBucketOptions(options) {
    if (typeof options !== 'object' || options === null) return undefined;
    // A transport, a provider or a client of ali-oss, as a first argument of several.
    const isOneOfThem = ['getStream', 'head', 'wrapKey'].some((name) => name in options);
    return isOneOfThem ? 'must be one object: { transport, provider, format }' : undefined;
  },

  ofContent(content) {
    if (isPromise(content)) return ', and is a promise: await it';
    if (Array.isArray(content)) return ', and is an array: new Blob(array), or Readable.from(array)';
    if (ArrayBuffer.isView(content)) {
      return ', and is another view of bytes: new Uint8Array(view.buffer, view.byteOffset, view.byteLength)';
    }
    const tag = Object.prototype.toString.call(content).slice('[object '.length, -1);
    if (tag === 'Response' || tag === 'Request') return `, and is a ${tag}: give its body`;
    if (tag === 'FormData') return ', and is a FormData: give one of its files, which are Blobs';
    if (!isPlainObject(content)) return '';
    return isBytes(content.buffer)
      ? '. Give the bytes in its member buffer'
      : '. For JSON: JSON.stringify(value)';
  },
};
