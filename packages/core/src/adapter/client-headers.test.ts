import { describe, expect, it } from 'vitest';
import { adviceAgainstHeader } from './client-headers.js';

describe('adviceAgainstHeader', () => {
  it.each([
    'Connection',
    'expect',
    'te',
    'trailer',
    'upgrade',
    'keep-alive',
    'proxy-authorization',
    'host',
    'content-length',
    'transfer-encoding',
    'date',
    'authorization',
    'x-oss-date',
    'x-oss-security-token',
    'x-oss-content-sha256',
    'x-oss-copy-source',
    'X-Oss-Copy-Source-If-Match',
    'x-oss-metadata-directive',
    'if-range',
    'range',
    'accept-encoding',
    'content-encoding',
    'content-md5',
    'content-type',
    'x-oss-meta-a',
    'x-oss-range-behavior',
    'x-oss-process',
    'x-oss-forbid-overwrite',
  ])('says what to do instead of %s', (name) => {
    expect(adviceAgainstHeader(name)).toMatch(/\w/);
  });

  it.each([
    'cache-control',
    'x-oss-storage-class',
    'x-oss-callback',
    'if-match',
    'constructor',
    '__proto__',
    'proxy',
  ])('has nothing against %s', (name) => {
    expect(adviceAgainstHeader(name)).toBeUndefined();
  });
});
