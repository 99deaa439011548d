import { anyCharacter } from '@oss-envelope/test-kit/any-character';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type BucketLocation,
  formatObjectUrl,
  locationOptionNames,
  resolveBucketAddress,
} from './bucket-address.js';

function resolve(endpoint: string, rest: Partial<BucketLocation> = {}) {
  return resolveBucketAddress({ endpoint, bucket: 'photos', ...rest });
}

describe('resolveBucketAddress', () => {
  it.each([
    ['oss-cn-hangzhou.aliyuncs.com', 'https://photos.oss-cn-hangzhou.aliyuncs.com', 'cn-hangzhou'],
    ['https://oss-cn-hangzhou.aliyuncs.com/', 'https://photos.oss-cn-hangzhou.aliyuncs.com', 'cn-hangzhou'],
    ['https://oss-us-west-1.aliyuncs.com', 'https://photos.oss-us-west-1.aliyuncs.com', 'us-west-1'],
    [
      'http://oss-cn-beijing-internal.aliyuncs.com',
      'http://photos.oss-cn-beijing-internal.aliyuncs.com',
      'cn-beijing',
    ],
    [
      'oss-cn-beijing-internal.aliyuncs.com',
      'https://photos.oss-cn-beijing-internal.aliyuncs.com',
      'cn-beijing',
    ],
    [
      'oss-cn-shenzhen-finance-1.aliyuncs.com',
      'https://photos.oss-cn-shenzhen-finance-1.aliyuncs.com',
      'cn-shenzhen-finance-1',
    ],
    ['cn-hangzhou.oss.aliyuncs.com', 'https://photos.cn-hangzhou.oss.aliyuncs.com', 'cn-hangzhou'],
    ['oss-accelerate.aliyuncs.com', 'https://photos.oss-accelerate.aliyuncs.com', undefined],
    [
      'oss-accelerate-overseas.aliyuncs.com',
      'https://photos.oss-accelerate-overseas.aliyuncs.com',
      undefined,
    ],
    ['oss.example.com:8443', 'https://photos.oss.example.com:8443', undefined],
    ['http://127.0.0.1:9000', 'http://127.0.0.1:9000/photos', undefined],
    ['http://[::1]:9000', 'http://[::1]:9000/photos', undefined],
    ['http://localhost:9000', 'http://localhost:9000/photos', undefined],
    // Hosts that only look like an address, or like one of OSS.
    ['https://localhost.example.com', 'https://photos.localhost.example.com', undefined],
    ['https://my-localhost', 'https://photos.my-localhost', undefined],
    ['https://1.example.com', 'https://photos.1.example.com', undefined],
    [
      'https://oss-cn-hangzhou.aliyuncs.com.example.com',
      'https://photos.oss-cn-hangzhou.aliyuncs.com.example.com',
      undefined,
    ],
    ['https://x.oss-cn-hangzhou.aliyuncs.com', 'https://photos.x.oss-cn-hangzhou.aliyuncs.com', undefined],
    [
      'https://cn-hangzhou-internal.oss.aliyuncs.com',
      'https://photos.cn-hangzhou-internal.oss.aliyuncs.com',
      'cn-hangzhou',
    ],
    ['https://x.cn-hangzhou.oss.aliyuncs.com', 'https://photos.x.cn-hangzhou.oss.aliyuncs.com', undefined],
    [
      'https://cn-hangzhou.oss.aliyuncs.com.example.com',
      'https://photos.cn-hangzhou.oss.aliyuncs.com.example.com',
      undefined,
    ],
  ])('takes %s', (endpoint, base, region) => {
    expect(resolve(endpoint)).toMatchObject({ base, region });
  });

  it('takes a region over the one of the endpoint, with or without the prefix of ali-oss', () => {
    expect(resolve('oss-accelerate.aliyuncs.com', { region: 'cn-beijing' }).region).toBe('cn-beijing');
    expect(resolve('oss-accelerate.aliyuncs.com', { region: 'oss-cn-beijing' }).region).toBe('cn-beijing');
    expect(resolve('oss.example.com', { region: 'my-oss-1' }).region).toBe('my-oss-1');
  });

  it('addresses as it is told', () => {
    expect(resolve('https://img.example.com', { addressing: 'cname' })).toMatchObject({
      base: 'https://img.example.com',
      host: 'img.example.com',
    });
    expect(resolve('https://oss.example.com', { addressing: 'path' }).base).toBe(
      'https://oss.example.com/photos',
    );
    expect(resolve('http://localhost:80', { addressing: 'virtual-host' }).base).toBe(
      'http://photos.localhost',
    );
  });

  it.each([
    ['endpoint', ''],
    ['endpoint', 'https://'],
    ['endpoint', 'ftp://oss-cn-hangzhou.aliyuncs.com'],
    ['endpoint', 'http://oss-cn-hangzhou.aliyuncs.com'],
    ['endpoint', 'https://oss-cn-hangzhou.aliyuncs.com/photos'],
    ['endpoint', 'https://oss-cn-hangzhou.aliyuncs.com?a=1'],
    ['endpoint', 'https://oss-cn-hangzhou.aliyuncs.com#a'],
    ['endpoint', 'https://id@oss-cn-hangzhou.aliyuncs.com'],
    ['endpoint', 'https://:secret@oss-cn-hangzhou.aliyuncs.com'],
    ['endpoint', 5 as never],
    ['endpoint', 'https://id:secret@oss-cn-hangzhou.aliyuncs.com'],
    ['endpoint', 'photos.oss-cn-hangzhou.aliyuncs.com'],
  ])('refuses %s %j, without repeating it', (argument, endpoint) => {
    expect(() => resolve(endpoint)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT', argument }),
    );
    expect(() => resolve(endpoint)).not.toThrow(/secret/);
  });

  it.each(['', 'ab', 'Photos', '-photos', 'photos-', 'a.b', 'a/b', 'a_b', 'x'.repeat(64)])(
    'refuses bucket %j',
    (bucket) => {
      expect(() => resolve('oss-cn-hangzhou.aliyuncs.com', { bucket })).toThrow(
        expect.objectContaining({ argument: 'bucket' }),
      );
    },
  );

  it('refuses a region that is none, an unknown addressing, and a bucket in front of an IP address', () => {
    for (const region of ['cn hangzhou', '-cn', '', 'cn_hangzhou', 'CN']) {
      expect(() => resolve('a.example.com', { region })).toThrow(
        expect.objectContaining({ argument: 'region' }),
      );
    }
    expect(() => resolve('a.example.com', { addressing: 'vhost' as 'cname' })).toThrow(/addressing/);
    expect(() => resolve('http://127.0.0.1', { addressing: 'virtual-host' })).toThrow(/addressing/);
  });
});

it("takes a host with the bucket's name where it is not put in front of it", () => {
  const domain = resolve('https://photos.oss-cn-hangzhou.aliyuncs.com', { addressing: 'cname' });
  expect(domain.base).toBe('https://photos.oss-cn-hangzhou.aliyuncs.com');
  expect(resolve('https://photos.example.com').base).toBe('https://photos.photos.example.com');
});

it('takes the shortest and the longest name of a bucket', () => {
  for (const bucket of ['abc', 'x'.repeat(63)]) {
    expect(resolve('oss-cn-hangzhou.aliyuncs.com', { bucket }).bucket).toBe(bucket);
  }
  expect(() => resolve('oss-cn-hangzhou.aliyuncs.com', { bucket: 5 as never })).toThrow(
    expect.objectContaining({ argument: 'bucket' }),
  );
});

it('is told by the options that are known by these names', () => {
  const all: Record<keyof BucketLocation, true> = {
    addressing: true,
    bucket: true,
    endpoint: true,
    region: true,
  };
  expect(locationOptionNames).toEqual(Object.keys(all));
});

describe('formatObjectUrl', () => {
  const address = resolve('oss-cn-hangzhou.aliyuncs.com');

  it('encodes every byte that is not unreserved', () => {
    expect(formatObjectUrl(address, '云/a b+c%2f\'"(1)*!~😀.txt', { versionId: 'a/+ b', uploads: '' })).toBe(
      'https://photos.oss-cn-hangzhou.aliyuncs.com/%E4%BA%91/a%20b%2Bc%252f%27%22%281%29%2A%21~%F0%9F%98%80.txt?uploads&versionId=a%2F%2B%20b',
    );
  });

  it('has no question mark without a query', () => {
    expect(formatObjectUrl(address, 'a', {})).toBe('https://photos.oss-cn-hangzhou.aliyuncs.com/a');
  });

  it('gives what a URL parser leaves alone, for any key without dot segments', () => {
    const segment = fc.string({ unit: anyCharacter }).filter((text) => !/^\.{1,2}$/.test(text));
    fc.assert(
      fc.property(
        fc.array(segment, { minLength: 1 }),
        fc.string({ unit: anyCharacter }),
        (segments, versionId) => {
          const key = segments.join('/');
          fc.pre(!key.split('/').some((part) => part === '.' || part === '..'));
          const url = formatObjectUrl(address, key, versionId === '' ? {} : { versionId });
          expect(new URL(url).href).toBe(url);
          expect(decodeURIComponent(new URL(url).pathname.slice(1))).toBe(key);
        },
      ),
    );
  });
});
