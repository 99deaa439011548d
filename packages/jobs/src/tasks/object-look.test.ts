import type { ObjectTransport } from '@oss-envelope/core';
import { expect, it } from 'vitest';
import { lookAtObject } from './object-look.js';

/** A transport whose every answer to HEAD has these headers. */
const answering = (headers: Readonly<Record<string, string>>) => ({
  transport: { head: async () => ({ status: 200, headers }) } as unknown as ObjectTransport,
});

it('takes no object for plain whose envelope a gateway may have hidden', async () => {
  const looked = lookAtObject(
    answering({ 'content-length': '3', 'content-type': 'text/html' }),
    'a',
    undefined,
  );
  await expect(looked).rejects.toMatchObject({ code: 'ERR_TRANSPORT', retryable: false });
});

it.each([
  ['plain', { etag: '"x"' }, undefined],
  ['unknown', { etag: '"x"', 'x-oss-meta-oss-crypto-key': 'QUJD' }, 'ERR_ENVELOPE_MALFORMED'],
])('sees an object that is %s', async (format, headers, code) => {
  const look = await lookAtObject(answering(headers), 'a', undefined);
  expect([look.format, look.failure?.code]).toEqual([format, code]);
});
