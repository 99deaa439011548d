import { Agent } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { noise, rejectionOf, until } from '@oss-envelope/test-kit';
import { beforeEach, describe, expect, it } from 'vitest';
import { aliOssTransport } from '../src/index.js';
import { bucketName, useLocalBucket } from './local-bucket.js';

const local = useLocalBucket();
const headers = { 'content-type': 'application/octet-stream' };
const reason = { why: 'enough' };

beforeEach(() => local.oss.requests.clear());

describe('an abort', () => {
  it('before the call sends nothing', async () => {
    const signal = AbortSignal.abort(reason);
    const transport = local.transport();
    const body = { kind: 'bytes', bytes: noise(5) } as const;
    const upload = { key: 'k', headers, uploadId: 'u', signal };
    for (const call of [
      () => transport.put({ key: 'k', headers, body, signal }),
      () => transport.get({ key: 'k', headers: {}, signal }),
      () => transport.head({ key: 'k', headers: {}, signal }),
      () => transport.delete({ key: 'k', headers: {}, signal }),
      () => transport.copy({ key: 'k', sourceKey: 's', headers: {}, signal }),
      () => transport.parts.start({ key: 'k', headers: {}, signal }),
      () => transport.parts.put({ ...upload, partNumber: 1, body }),
      () => transport.parts.list(upload),
      () => transport.parts.finish({ ...upload, parts: [] }),
      () => transport.parts.drop(upload),
    ]) {
      expect(await rejectionOf(call())).toBe(reason);
    }
    expect(local.oss.requests.length).toBe(0);
  });

  it('while a request is held back to go out with others does not send it', async () => {
    local.oss.faults.add({ kind: 'stall-request', times: 4 });
    const transport = local.transport();
    const waiting = new AbortController();
    const heads = Array.from({ length: 4 }, () =>
      rejectionOf(transport.head({ key: 'k', headers: {}, signal: waiting.signal })),
    );
    await until(
      () => local.oss.activeRequests === 4,
      () => 'no four requests came',
    );
    const controller = new AbortController();
    const get = rejectionOf(transport.get({ key: 'late', headers: {}, signal: controller.signal }));
    // It is signed by then. The turn of the event loop goes on.
    for (let step = 0; step < 50; step++) await undefined;
    controller.abort(reason);
    expect(await get).toBe(reason);
    waiting.abort(reason);
    await Promise.all(heads);
    expect(local.oss.requests.of('GetObject')).toEqual([]);
  });

  it('while an answer is awaited rejects with its reason and closes the connection', async () => {
    local.oss.faults.add({ kind: 'stall-request' });
    const controller = new AbortController();
    const head = rejectionOf(local.transport().head({ key: 'k', headers: {}, signal: controller.signal }));
    await until(
      () => local.oss.activeRequests === 1,
      () => 'no request came',
    );
    controller.abort(reason);
    expect(await head).toBe(reason);
  });

  it('during an upload rejects with its reason, tells the source, and stores nothing', async () => {
    const controller = new AbortController();
    let left = false;
    async function* chunks(): AsyncGenerator<Uint8Array> {
      try {
        for (let turn = 0; turn < 1000; turn++) {
          if (turn === 5) controller.abort(reason);
          yield new Uint8Array(100_000);
        }
      } finally {
        left = true;
      }
    }
    const body = { kind: 'chunks', sizeBytes: 100_000_000, chunks: chunks() } as const;
    const failure = await rejectionOf(
      local.transport().put({ key: 'k', headers, body, signal: controller.signal }),
    );
    expect(failure).toBe(reason);
    await until(
      () => left,
      () => 'the source was not told',
    );
    expect(local.oss.hasObject(bucketName, 'k')).toBe(false);
  });

  it('does not wait for a source that hangs', async () => {
    const controller = new AbortController();
    let returned = 0;
    const chunks: AsyncIterable<Uint8Array> = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise(() => {}),
        return: () => {
          returned += 1;
          return new Promise(() => {});
        },
      }),
    };
    const body = { kind: 'chunks', sizeBytes: undefined, chunks } as const;
    const put = rejectionOf(local.transport().put({ key: 'k', headers, body, signal: controller.signal }));
    await delay(20);
    controller.abort(reason);
    expect(await put).toBe(reason);
    expect(returned).toBe(1);
  });

  it('during a download rejects the next read with its reason and closes the connection', async () => {
    await local.oss.putSyntheticObject(bucketName, 'large', { sizeBytes: 50_000_000 });
    const controller = new AbortController();
    const got = await local.transport().get({ key: 'large', headers: {}, signal: controller.signal });
    const iterator = got.chunks[Symbol.asyncIterator]();
    await iterator.next();
    controller.abort(reason);
    expect(await rejectionOf(Promise.resolve(iterator.next()))).toBe(reason);
  });

  it('while a read waits rejects it', async () => {
    await local.oss.putObject(bucketName, 'stalling', noise(1000));
    local.oss.faults.add({ kind: 'stall-response', afterBytes: 100 });
    const controller = new AbortController();
    const got = await local.transport().get({ key: 'stalling', headers: {}, signal: controller.signal });
    const iterator = got.chunks[Symbol.asyncIterator]();
    await iterator.next();
    const read = rejectionOf(Promise.resolve(iterator.next()));
    controller.abort(reason);
    expect(await read).toBe(reason);
  });

  it('of a download that nobody reads closes the connection', async () => {
    await local.oss.putSyntheticObject(bucketName, 'large', { sizeBytes: 50_000_000 });
    const controller = new AbortController();
    await local.transport().get({ key: 'large', headers: {}, signal: controller.signal });
    expect(local.oss.openSockets).toBe(1);
    controller.abort(reason);
  });

  it('while it waits to try again rejects with its reason', async () => {
    const controller = new AbortController();
    const fault = local.oss.faults.add({ kind: 'status', status: 503, times: 9 });
    // The system's clock, and a wait of minutes.
    const transport = aliOssTransport(local.client(), { retries: 9, random: () => 0.99 });
    const head = rejectionOf(transport.head({ key: 'k', headers: {}, signal: controller.signal }));
    await until(
      () => fault.hits === 1,
      () => 'no request came',
    );
    await delay(20);
    controller.abort(reason);
    expect(await head).toBe(reason);
    expect(fault.hits).toBe(1);
  });

  it('while the client gets a token rejects with its reason', async () => {
    const controller = new AbortController();
    const transport = local.transport({
      client: {
        stsToken: 'old',
        refreshSTSTokenInterval: 0,
        refreshSTSToken: () => new Promise(() => {}),
      },
    });
    const head = rejectionOf(transport.head({ key: 'k', headers: {}, signal: controller.signal }));
    await delay(10);
    controller.abort(reason);
    expect(await head).toBe(reason);
  });

  it('while it waits for a connection of the agent rejects with its reason', async () => {
    const client = { agent: new Agent({ maxSockets: 1 }) };
    const transport = local.transport({ client });
    await local.oss.putSyntheticObject(bucketName, 'large', { sizeBytes: 50_000_000 });
    const holding = await transport.get({ key: 'large', headers: {} });
    const controller = new AbortController();
    const head = rejectionOf(transport.head({ key: 'large', headers: {}, signal: controller.signal }));
    await delay(20);
    controller.abort(reason);
    expect(await head).toBe(reason);
    await holding.cancel();
  });

  it('after the end changes nothing', async () => {
    const controller = new AbortController();
    const transport = local.transport();
    const { signal } = controller;
    await transport.put({ key: 'k', headers, body: { kind: 'bytes', bytes: noise(5) }, signal });
    const got = await transport.get({ key: 'k', headers: {}, signal });
    for await (const _ of got.chunks);
    controller.abort(reason);
    await got.cancel();
  });
});

it("is not bound by the inactivity limit of ali-oss's agent", async () => {
  const AgentKeepalive = (local.client({ agent: undefined } as object) as unknown as { agent: Agent }).agent
    .constructor as new (
    options: object,
  ) => Agent;
  const agent = new AgentKeepalive({ timeout: 50, keepAlive: false });
  const transport = local.transport({ client: { agent }, retries: 0 });
  async function* chunks(): AsyncGenerator<Uint8Array> {
    yield noise(10);
    await delay(150);
    yield noise(10);
  }
  await transport.put({ key: 'k', headers, body: { kind: 'chunks', sizeBytes: 20, chunks: chunks() } });
});

it('lets requests wait for a connection without counting that as idle', async () => {
  const transport = local.transport({
    client: { agent: new Agent({ maxSockets: 1 }) },
    idleTimeoutMs: 400,
    retries: 0,
  });
  await local.oss.putSyntheticObject(bucketName, 'large', { sizeBytes: 5_000_000 });
  const holding = await transport.get({ key: 'large', headers: {} });
  const head = transport.head({ key: 'large', headers: {} });
  await delay(900);
  for await (const _ of holding.chunks);
  expect((await head).status).toBe(200);
});
