import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { fileCheckpoint } from '@oss-envelope/core/node';
import { rsaProvider } from '@oss-envelope/provider-rsa';
import { rsaPair } from '@oss-envelope/test-kit';
import { inTurn } from '@oss-envelope/test-kit/in-turn';
import { afterAll, beforeAll, beforeEach, describe, expect } from 'vitest';
import { bucketMaker, freshWorld, transports } from '../support/world.js';

const world = freshWorld();
const provider = rsaProvider(await rsaPair());
const content = new Uint8Array(250_000).fill(7);

let server: Server;
let headers: Record<string, string>;
let answer: { status: number; body: string };
let heard: string[];

beforeAll(async () => {
  server = createServer(async (request, response) => {
    heard.push(await text(request));
    response.writeHead(answer.status, { 'content-length': Buffer.byteLength(answer.body) });
    response.end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const callbackUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/stored`;
  const callback = JSON.stringify({ callbackUrl, callbackBody: 'object=$' + '{object}' });
  headers = { 'x-oss-callback': Buffer.from(callback).toString('base64') };
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  heard = [];
  answer = { status: 200, body: '{"id":"ä"}' };
});

const nextRow = inTurn(transports.length);
describe.each(transports)('over %s', (_, transportOf) => {
  const it = nextRow();
  const bucketOf = bucketMaker(world, transportOf, provider);

  describe.each([
    ['in one request', {}],
    ['in parts', { multipartThresholdBytes: 0, partSizeBytes: 102_400 }],
  ])('%s', (_name, options) => {
    it("the callback's answer is part of the result", async () => {
      const result = await bucketOf().put('k', content, { ...options, headers });
      expect(result.callbackAnswer).toBe('{"id":"ä"}');
      expect(heard).toEqual(['object=k']);
      expect(await bucketOf().put('k', content, options)).not.toHaveProperty('callbackAnswer');
    });

    it('a callback that fails is told, and that the object is stored', async () => {
      answer = { status: 500, body: '{}' };
      const checkpoint = fileCheckpoint(`${world.folder}/checkpoint`);
      await expect(bucketOf().put('k', content, { ...options, headers, checkpoint })).rejects.toMatchObject({
        status: 203,
        serviceCode: 'CallbackFailed',
        key: 'k',
        message: expect.stringMatching(/The object IS stored, but its callback failed/),
      });
      expect(await (await bucketOf().get('k')).bytes()).toHaveLength(content.length);
      // Nothing goes on from there.
      const starts = world.oss.requests.of('InitiateMultipartUpload').length;
      answer = { status: 200, body: '{}' };
      await bucketOf().put('k', content, { ...options, headers, checkpoint });
      expect(world.oss.requests.of('ListParts')).toEqual([]);
      expect(world.oss.requests.of('InitiateMultipartUpload').length).toBe(2 * starts);
    });
  });
});
