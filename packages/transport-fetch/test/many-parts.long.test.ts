import { noise } from '@oss-envelope/test-kit';
import { expect, it } from 'vitest';
import { fetchTransport } from '../src/index.js';
import { useLocalOss } from './local-bucket.js';

const local = useLocalOss();

it('more parts than a page has are listed in two requests, whatever their numbers', async () => {
  const transport = fetchTransport(local.options());
  const key = 'pages';
  const { uploadId } = await transport.parts.start({ key, headers: {} });
  const numbers = Array.from({ length: 1005 }, (_, index) => index * 9 + 1);
  for (let start = 0; start < numbers.length; start += 50) {
    await Promise.all(
      numbers.slice(start, start + 50).map((partNumber) =>
        transport.parts.put({
          key,
          headers: {},
          uploadId,
          partNumber,
          body: { kind: 'bytes', bytes: noise(1) },
        }),
      ),
    );
  }
  local.oss.requests.clear();
  const parts = await transport.parts.list({ key, headers: {}, uploadId });
  expect(parts.map(({ partNumber }) => partNumber)).toEqual(numbers);
  expect(local.oss.requests).toHaveLength(2);
  await transport.parts.drop({ key, headers: {}, uploadId });
});
