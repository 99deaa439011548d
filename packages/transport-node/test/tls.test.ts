import { once } from 'node:events';
import { Agent } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { createServer, type Server } from 'node:tls';
import { TransportError } from '@oss-envelope/core';
import {
  authorityCertificate,
  collect,
  inChunks,
  noise,
  rejectionOf,
  serverIdentity,
} from '@oss-envelope/test-kit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { useLocalBucket } from './local-bucket.js';

const local = useLocalBucket();
const headers = { 'content-type': 'application/octet-stream' };
let server: Server;
let endpoint: string;

beforeAll(async () => {
  // With the authority, as a server with a private one is mostly set up.
  const cert = serverIdentity.cert + authorityCertificate;
  server = createServer({ ...serverIdentity, cert }, (socket) => {
    const upstream = connect(local.oss.port, '127.0.0.1');
    socket.on('error', () => upstream.destroy());
    upstream.on('error', () => socket.destroy());
    socket.on('close', () => upstream.destroy());
    upstream.on('close', () => socket.destroy());
    socket.pipe(upstream).pipe(socket);
  });
  server.on('tlsClientError', () => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  endpoint = `https://localhost:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
});

it('stores and fetches over TLS with the agent of the client', async () => {
  const httpsAgent = new Agent({ ca: authorityCertificate, servername: 'server.test' });
  const transport = local.transport({ client: { endpoint, httpsAgent, authorizationV4: true } });
  const bytes = noise(3_000_000);
  const chunks = inChunks(bytes, 700_000);
  await transport.put({ key: 'k', headers, body: { kind: 'chunks', sizeBytes: bytes.length, chunks } });
  const got = await transport.get({ key: 'k', headers: {} });
  expect(bytes.equals(await collect(got.chunks))).toBe(true);
  httpsAgent.destroy();
});

it('ends an upload over TLS when it is aborted', async () => {
  const httpsAgent = new Agent({ ca: authorityCertificate, servername: 'server.test' });
  const transport = local.transport({ client: { endpoint, httpsAgent } });
  const controller = new AbortController();
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (let turn = 0; turn < 1000; turn++) {
      if (turn === 20) controller.abort('enough');
      yield noise(10_000);
    }
  }
  const body = { kind: 'chunks', sizeBytes: undefined, chunks: chunks() } as const;
  const { signal } = controller;
  expect(await rejectionOf(transport.put({ key: 'aborted', headers, body, signal }))).toBe('enough');
  httpsAgent.destroy();
});

it('does not try again with a certificate that nobody vouches for', async () => {
  let waits = 0;
  const httpsAgent = new Agent();
  const transport = local.transport({
    client: { endpoint, httpsAgent },
    sleep: async () => {
      waits += 1;
    },
  });
  const failure = await rejectionOf(transport.head({ key: 'k', headers: {} }));
  expect(failure).toBeInstanceOf(TransportError);
  expect(failure.message).toContain('CERT');
  expect(waits).toBe(0);
  httpsAgent.destroy();
});
