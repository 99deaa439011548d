import { expect, it } from 'vitest';
import { detectFetchFeatures, fetchFeatures } from '../src/fetch-features.js';

class BrowserRequest extends Request {
  constructor(url: string, init: RequestInit = {}) {
    super(url, init);
    this.headers.delete('content-length');
  }
}

class WorkerRequest extends Request {
  constructor(url: string, init: RequestInit = {}) {
    if (init.redirect === 'error') throw new TypeError('Invalid redirect value');
    const { probe, ...headers } = (init.headers ?? {}) as Record<string, string>;
    super(url, { ...init, headers });
    if (probe !== undefined) this.headers.get = () => probe;
  }
}

it('tells servers, workers and browsers apart', () => {
  expect(fetchFeatures()).toEqual({
    streamsRequests: true,
    streamRedirect: 'error',
    hasTextHeaders: false,
    browserInit: {},
    readingInit: {},
  });
  expect(detectFetchFeatures(WorkerRequest as typeof Request)).toEqual({
    streamsRequests: true,
    streamRedirect: 'manual',
    hasTextHeaders: true,
    browserInit: {},
    readingInit: {},
  });
  expect(detectFetchFeatures(BrowserRequest as typeof Request)).toMatchObject({
    streamsRequests: false,
    hasTextHeaders: false,
    browserInit: { credentials: 'omit' },
    readingInit: { cache: 'no-store' },
  });
});
