import { InvalidArgumentError } from '@oss-envelope/core';
import { describe, expect, test } from 'vitest';
import { resolveEndpoint } from './kms-endpoint.js';

const refusal =
  (options: object): (() => unknown) =>
  () =>
    resolveEndpoint(options);

describe('an endpoint', () => {
  test.each([
    ['http://localhost:8080', 'http', 'localhost:8080'],
    ['http://[::1]:8080', 'http', '[::1]:8080'],
    ['http://127.1.2.3', 'http', '127.1.2.3'],
    ['http://127.10.200.3', 'http', '127.10.200.3'],
    ['HTTPS://kms.example.com', 'https', 'kms.example.com'],
    ['localhost:8080', 'https', 'localhost:8080'],
  ])('%s', (endpoint, protocol, host) => {
    expect(resolveEndpoint({ endpoint })).toEqual({ protocol, host });
  });

  test.each([
    'http://kms.example.com',
    'http://127.0.0.1.example.com',
    'http://x127.0.0.1',
    'http://localhost.example.com',
    'http://128.0.0.1',
    'https://user@kms.example.com',
    'https://:secret@kms.example.com',
    'https://kms.example.com/path',
    'https://kms.example.com//',
    'https://kms.example.com?a',
    'https://kms.example.com#a',
    'ftp://kms.example.com',
    'ws+unix://kms.example.com',
    '',
    5,
    null,
  ])('is not %j', (endpoint) => {
    expect(refusal({ endpoint })).toThrow(InvalidArgumentError);
    expect(refusal({ endpoint })).toThrow(expect.objectContaining({ argument: 'endpoint' }));
  });
});

describe('a region', () => {
  test.each([
    ['cn-hangzhou', 'kms.cn-hangzhou.aliyuncs.com'],
    ['oss-us-west-1', 'kms.us-west-1.aliyuncs.com'],
    ['x-oss-1', 'kms.x-oss-1.aliyuncs.com'],
  ])('%s', (region, host) => {
    expect(resolveEndpoint({ region })).toEqual({ protocol: 'https', host });
  });
  test.each(['', 'cn hangzhou', '-cn', 'cn-', 'cn--x', 'CN', 'cn.evil', 'cn-hangzhou\n', 5])(
    'is not %j',
    (region) => {
      expect(refusal({ region })).toThrow(expect.objectContaining({ argument: 'region' }));
    },
  );
  test('is given without an endpoint, or the other way round', () => {
    expect(refusal({})).toThrow(expect.objectContaining({ argument: 'region' }));
    expect(refusal({ region: 'a', endpoint: 'b' })).toThrow(expect.objectContaining({ argument: 'region' }));
  });
});
