import { expect, it } from 'vitest';
import { nameHere } from './names-elsewhere.js';

const ofPut = ['signal', 'headers', 'sizeBytes', 'contentType', 'metadata', 'partSizeBytes', 'concurrency'];
const ofTransport = ['endpoint', 'bucket', 'addressing', 'credentials', 'idleTimeoutMs', 'retries'];

it.each([
  ['mime', ofPut, 'contentType'],
  ['meta', ofPut, 'metadata'],
  ['parallel', ofPut, 'concurrency'],
  ['contentLength', ofPut, 'sizeBytes'],
  ['storageClass', ofPut, 'headers'],
  ['Cache-Control', ofPut, 'headers'],
  ['timeout', ofPut, 'signal'],
  ['timeout', ofTransport, 'idleTimeoutMs'],
  ['timeout', ['timeoutMs', 'signal'], 'timeoutMs'],
  ['retryMax', ofTransport, 'retries'],
  ['secure', ofTransport, 'endpoint'],
  ['accessKeyId', ofTransport, 'credentials'],
  ['max-keys', ['prefix', 'pageSize'], 'pageSize'],
  ['client', ['transport'], 'transport'],
])('%s of another library, where there are %j', (elsewhere, known, here) => {
  expect(nameHere(elsewhere, known)).toBe(here);
});

it('knows nothing of what the call does not have, and of names that it never saw', () => {
  expect(nameHere('mime', ofTransport)).toBeUndefined();
  expect(nameHere('accessKeyId', ofPut)).toBeUndefined();
  expect(nameHere('constructor', ofPut)).toBeUndefined();
});
