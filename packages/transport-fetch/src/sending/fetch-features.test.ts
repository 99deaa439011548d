import { expect, it } from 'vitest';
import { detectFetchFeatures, fetchFeatures } from './fetch-features.js';

class BrowserRequest extends Request {
  constructor(url: string, init: RequestInit = {}) {
    super(url, init);
    this.headers.delete('content-length');
  }
}

class WorkerRequest extends Request {
  constructor(url: string, init: RequestInit = {}) {
    if (init.redirect === 'error') throw new TypeError('Invalid redirect value');
    super(url, init);
  }
}

it('tells servers, workers and browsers apart', () => {
  expect(fetchFeatures()).toEqual({
    streamsRequests: true,
    streamRedirect: 'error',
    browserInit: {},
    readingInit: {},
  });
  expect(detectFetchFeatures(WorkerRequest as typeof Request)).toEqual({
    streamsRequests: true,
    streamRedirect: 'manual',
    browserInit: {},
    readingInit: {},
  });
  expect(detectFetchFeatures(BrowserRequest as typeof Request)).toMatchObject({
    streamsRequests: false,
    browserInit: { credentials: 'omit' },
    readingInit: { cache: 'no-store' },
  });
});
