import { expect, it } from 'vitest';
import { detectFetchFeatures, fetchFeatures } from './fetch-features.js';

class BrowserRequest extends Request {
  constructor(url: string, init: RequestInit = {}) {
    super(url, init);
    this.headers.delete('content-length');
  }
}

it('tells servers and browsers apart', () => {
  expect(fetchFeatures()).toEqual({
    streamsRequests: true,
    browserInit: {},
    readingInit: {},
  });
  expect(detectFetchFeatures(BrowserRequest as typeof Request)).toEqual({
    streamsRequests: false,
    browserInit: { credentials: 'omit', referrerPolicy: 'no-referrer' },
    readingInit: { cache: 'no-store' },
  });
});

it('looks at the runtime once', () => {
  expect(fetchFeatures()).toBe(fetchFeatures());
});
