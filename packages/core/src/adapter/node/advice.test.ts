import { describe, expect, it } from 'vitest';
import { advice as ofPages } from '../no-advice.js';
import { advice } from './advice.js';

const ofPut = ['signal', 'headers', 'sizeBytes', 'contentType', 'metadata', 'partSizeBytes', 'concurrency'];
const ofTransport = ['endpoint', 'bucket', 'addressing', 'credentials', 'idleTimeoutMs', 'retries'];

describe('an option of another library', () => {
  it.each([
    ['mime', ofPut, 'contentType'],
    ['meta', ofPut, 'metadata'],
    ['parallel', ofPut, 'concurrency'],
    ['contentLength', ofPut, 'sizeBytes'],
    ['acl', ofPut, "headers: { 'x-oss-object-acl': … }"],
    ['Cache-Control', ofPut, 'headers, of which it is one'],
    ['timeout', ofPut, 'signal: AbortSignal.timeout(60_000)'],
    ['timeout', ofTransport, 'idleTimeoutMs'],
    ['timeout', ['timeoutMs', 'signal'], 'timeoutMs'],
    ['retryMax', ofTransport, 'retries'],
    ['secure', ofTransport, "endpoint, such as 'https://oss-cn-hangzhou-internal.aliyuncs.com'"],
    [
      'accessKeyId',
      ofTransport,
      'credentials: { accessKeyId, accessKeySecret, securityToken }, or a function that gives them',
    ],
    ['max-keys', ['prefix', 'pageSize'], 'pageSize'],
    ['client', ['transport'], 'transport: aliOssTransport(client)'],
    [
      'options',
      ofTransport,
      'endpoint, bucket and credentials, or aliOssTransport(client) for a client of ali-oss',
    ],
  ])('%s, where there are %j', (elsewhere, known, here) => {
    expect(advice.ofOption(elsewhere, known)).toBe(here);
  });

  it('is not known where the call has no such thing, and for a name that nobody has', () => {
    expect(advice.ofOption('mime', ofTransport)).toBeUndefined();
    expect(advice.ofOption('accessKeyId', ofPut)).toBeUndefined();
    expect(advice.ofOption('constructor', ofPut)).toBeUndefined();
  });
});

it('a content that says nothing of what was meant has no advice, and pages have none at all', () => {
  for (const content of [undefined, null, 5, new Map(), new Date()])
    expect(advice.ofContent(content)).toBe('');
  expect(ofPages.ofContent(Promise.resolve())).toBe('');
  expect(ofPages.ofOption('mime', ofPut)).toBeUndefined();
});
