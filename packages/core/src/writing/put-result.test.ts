import { expect, it } from 'vitest';
import { MemoryTransport } from '../../test/memory-transport.js';
import { sampleWriting } from '../../test/sample-writing.js';
import { putResult } from './put-result.js';
import { createKey } from './writing-context.js';

it('what was stored is told by the answer, that of a callback where one was asked for', async () => {
  const { envelope } = await createKey(sampleWriting(new MemoryTransport()));
  const headers = { etag: '"e"', 'x-oss-version-id': 'v', 'x-oss-request-id': 'r' };
  const answer = { status: 200, headers, document: '{}' };
  const told = { etag: '"e"', versionId: 'v', requestId: 'r' };
  expect(putResult(envelope, answer, {})).toEqual({ ...told, envelope: expect.anything() });
  expect(putResult(envelope, answer, { 'x-oss-callback': 'e30=' })).toEqual({
    ...told,
    envelope: expect.anything(),
    callbackAnswer: '{}',
  });
  expect(putResult(envelope, answer, {}).envelope).toEqual(envelope);
});
