import { afterAll, beforeAll, beforeEach } from 'vitest';
import { type LocalOss, startOss } from '../src/index.js';
import type { RawRequest } from './raw-request.js';

/**
 * Starts a local OSS for the tests of a file. Before each test its bucket `photos` has an object `digits` of ten bytes,
 * and an object `empty`.
 */
export function usePhotosBucket(started: (oss: LocalOss) => void): void {
  let oss: LocalOss;
  beforeAll(async () => {
    oss = await startOss({ buckets: ['photos'] });
    started(oss);
  });
  afterAll(() => oss.close());
  beforeEach(async () => {
    await oss.putObject('photos', 'digits', '0123456789', {
      'content-type': 'text/plain',
      'x-oss-meta-a': '1',
    });
    await oss.putObject('photos', 'empty', '');
  });
}

/** Reads `digits`. */
export const getDigits: RawRequest = { method: 'GET', bucket: 'photos', key: 'digits' };
