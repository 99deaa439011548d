import { expect, it } from 'vitest';
import { isPublicOverHttp } from './plain-http.js';

it.each([
  'oss-cn-hangzhou.aliyuncs.com',
  'oss-accelerate.aliyuncs.com',
  'cn-hangzhou.oss.aliyuncs.com',
  'photos.oss-us-west-1.aliyuncs.com',
])('%s over HTTP is read by anybody on the way', (hostname) => {
  expect(isPublicOverHttp({ protocol: 'http:', hostname })).toBe(true);
  expect(isPublicOverHttp({ protocol: 'https:', hostname })).toBe(false);
});

it.each([
  'oss-cn-hangzhou-internal.aliyuncs.com',
  'cn-hangzhou-internal.oss.aliyuncs.com',
  'vpc100-oss-cn-hangzhou.aliyuncs.com',
  'ep-1.oss.cn-hangzhou.privatelink.aliyuncs.com',
  'img.example.com',
  'aliyuncs.com.example.com',
  'localhost',
  '127.0.0.1',
  undefined,
  null,
])('%s over HTTP is the decision of the caller', (hostname) => {
  expect(isPublicOverHttp({ protocol: 'http:', hostname })).toBe(false);
});
