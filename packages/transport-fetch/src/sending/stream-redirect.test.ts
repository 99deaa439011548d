import { expect, it } from 'vitest';
import { streamRedirect } from './stream-redirect.js';

class WorkerRequest extends Request {
  constructor(url: string, init: RequestInit = {}) {
    if (init.redirect === 'error') throw new TypeError('Invalid redirect value');
    super(url, init);
  }
}

it('fails at a redirect where the runtime can, and looks at it elsewhere', () => {
  expect(streamRedirect()).toBe('error');
  expect(streamRedirect(WorkerRequest as typeof Request)).toBe('manual');
});

it('takes a redirect that is passed over for one that is not known', () => {
  class DeafRequest extends Request {
    constructor(url: string, { redirect: _, ...init }: RequestInit = {}) {
      super(url, init);
    }
  }
  expect(streamRedirect(DeafRequest as typeof Request)).toBe('manual');
});
