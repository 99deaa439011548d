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
  expect(detectFetchFeatures(BrowserRequest as typeof Request)).toEqual({
    streamsRequests: false,
    streamRedirect: 'error',
    browserInit: { credentials: 'omit', referrerPolicy: 'no-referrer' },
    readingInit: { cache: 'no-store' },
  });
});

it('takes a redirect that is passed over for one that is not known', () => {
  class DeafRequest extends Request {
    constructor(url: string, { redirect: _, ...init }: RequestInit = {}) {
      super(url, init);
    }
  }
  expect(detectFetchFeatures(DeafRequest as typeof Request).streamRedirect).toBe('manual');
});

it('looks at the runtime once', () => {
  expect(fetchFeatures()).toBe(fetchFeatures());
});
