import { once } from 'node:events';
import { Agent } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { ServiceError, TransportError } from '@oss-envelope/core';
import type { CompleteObjectTransport } from '@oss-envelope/core/adapter';
import { collect, inChunks, noise, rejectionOf, until } from '@oss-envelope/test-kit';
import OSS from 'ali-oss';
import { afterEach, describe, expect, it } from 'vitest';
import { type AliOssTransportOptions, aliOssTransport } from '../src/index.js';

const headers = { 'content-type': 'application/octet-stream' };
const noCredentials = { accessKeyId: 'id', accessKeySecret: 'secret', bucket: 'photos' };
let running: { server: Server; sockets: Set<Socket> } | undefined;

/** A server that does as told with each connection, and a transport to it. */
async function against(
  serve: (socket: Socket) => void,
  options: AliOssTransportOptions = {},
  agent: Agent = new Agent({ keepAlive: false }),
): Promise<{ transport: CompleteObjectTransport; agent: Agent }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    serve(socket);
  });
  running = { server, sockets };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const endpoint = `http://localhost:${(server.address() as AddressInfo).port}`;
  const client = new OSS({ ...noCredentials, endpoint, ...{ sldEnable: true, agent } });
  return { transport: aliOssTransport(client, { retries: 0, ...options }), agent };
}

/** Answers each request's head with the same text. */
function answering(text: string): (socket: Socket) => void {
  return (socket) => {
    socket.once('data', () => socket.end(text));
  };
}

afterEach(async () => {
  for (const socket of running?.sockets ?? []) socket.destroy();
  running?.server.close();
});

describe('an upload', () => {
  it('is read no faster than the server takes it, and times out when it takes no more', async () => {
    const { transport, agent } = await against((socket) => socket.pause(), { idleTimeoutMs: 200 });
    let produced = 0;
    let left = false;
    async function* chunks(): AsyncGenerator<Uint8Array> {
      try {
        const chunk = new Uint8Array(1024 * 1024);
        for (; produced < 64; produced++) yield chunk;
      } finally {
        left = true;
      }
    }
    const body = { kind: 'chunks', sizeBytes: undefined, chunks: chunks() } as const;
    const failure = await rejectionOf(transport.put({ key: 'k', headers, body }));
    expect(failure).toBeInstanceOf(TransportError);
    expect(failure.message).toContain('no progress for 200 ms');
    expect(left).toBe(true);
    // What the system's socket buffers take.
    expect(produced).toBeLessThan(32);
    await until(
      () => Object.keys(agent.sockets).length === 0,
      () => 'the connection stayed open',
    );
  });

  it('learns why it was refused although the server closes at once', async () => {
    const xml = '<Error><Code>AccessDenied</Code><RequestId>5C3D9175B6FC201293AD0001</RequestId></Error>';
    const { transport } = await against(
      answering(`HTTP/1.1 403 Forbidden\r\nContent-Length: ${xml.length}\r\nConnection: close\r\n\r\n${xml}`),
    );
    const chunks = inChunks(new Uint8Array(20_000_000), 100_000);
    const failure = await rejectionOf(
      transport.put({ key: 'k', headers, body: { kind: 'chunks', sizeBytes: 20_000_000, chunks } }),
    );
    expect(failure).toMatchObject({ serviceCode: 'AccessDenied', requestId: '5C3D9175B6FC201293AD0001' });
  });

  it('learns why it was refused although the connection breaks while the source is told', async () => {
    const xml = '<Error><Code>AccessDenied</Code></Error>';
    const { transport } = await against((socket) => {
      socket.once('data', () => {
        socket.write(`HTTP/1.1 403 Forbidden\r\nContent-Length: ${xml.length}\r\n\r\n${xml}`);
        setTimeout(() => socket.resetAndDestroy(), 20);
      });
    });
    async function* chunks(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield new Uint8Array(100_000);
      } finally {
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
    const body = { kind: 'chunks', sizeBytes: undefined, chunks: chunks() } as const;
    const failure = await rejectionOf(transport.put({ key: 'k', headers, body }));
    expect(failure).toMatchObject({ serviceCode: 'AccessDenied' });
  });

  it('does not wait for its source when the connection is closed after an early answer', async () => {
    const { transport } = await against((socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'));
    });
    async function* chunks(): AsyncGenerator<Uint8Array> {
      yield noise(10);
      await new Promise(() => {});
    }
    const body = { kind: 'chunks', sizeBytes: 20, chunks: chunks() } as const;
    const failure = await rejectionOf(transport.put({ key: 'k', headers, body }));
    expect(failure).toBeInstanceOf(TransportError);
    expect(failure).toMatchObject({ retryable: true });
  });

  it('counts an answer before its end only when all was sent', async () => {
    const { transport } = await against((socket) => {
      socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nETag: "A"\r\nContent-Length: 0\r\n\r\n'));
      setTimeout(() => socket.destroy(), 30);
    });
    async function* chunks(): AsyncGenerator<Uint8Array> {
      for (let turn = 0; turn < 100; turn++) {
        yield new Uint8Array(10_000);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
    const body = { kind: 'chunks', sizeBytes: 1_000_000, chunks: chunks() } as const;
    const failure = await rejectionOf(transport.put({ key: 'k', headers, body }));
    expect(failure).toBeInstanceOf(TransportError);
    expect(failure).toMatchObject({ retryable: true });
  });
});

describe('an answer', () => {
  it.each([
    ['that is none', 'garbage\r\n\r\n'],
    ['that is empty', ''],
    ['with more headers than Node takes', `HTTP/1.1 200 OK\r\nx-oss-meta-a: ${'a'.repeat(40_000)}\r\n\r\n`],
    ['that breaks off in its head', 'HTTP/1.1 200 OK\r\nx-oss-me'],
  ])('%s is a TransportError', async (_kind, text) => {
    const { transport } = await against(answering(text));
    const failure = await rejectionOf(transport.get({ key: 'k', headers: {} }));
    expect(failure).toBeInstanceOf(TransportError);
    expect(failure.message).not.toContain('aaaa');
    expect(failure.message).not.toContain('garbage');
  });

  it('with another success than a download has is refused', async () => {
    const { transport } = await against(answering('HTTP/1.1 204 No Content\r\n\r\n'));
    const failure = await rejectionOf(transport.get({ key: 'k', headers: {} }));
    expect(failure).toBeInstanceOf(TransportError);
    expect(failure.message).toContain('204');
  });

  it('whose body is shorter than its Content-Length is a TransportError', async () => {
    const { transport } = await against(answering('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort'));
    const got = await transport.get({ key: 'k', headers: {} });
    const failure = await rejectionOf(collect(got.chunks));
    expect(failure).toBeInstanceOf(TransportError);
    expect(failure.message).not.toContain('short');
  });

  it.each(['put', 'delete', 'copy', 'start'] as const)(
    'of a login page is no success of %s',
    async (method) => {
      const page = '<html>please log in</html>';
      const { transport } = await against(
        answering(
          `HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: ${page.length}\r\n\r\n${page}`,
        ),
      );
      const calls = {
        put: () => transport.put({ key: 'k', headers, body: { kind: 'bytes', bytes: noise(1) } }),
        delete: () => transport.delete({ key: 'k', headers: {} }),
        copy: () => transport.copy({ key: 'k', sourceKey: 's', headers: {} }),
        start: () => transport.parts.start({ key: 'k', headers }),
      };
      const failure = await rejectionOf(calls[method]());
      expect(failure).toBeInstanceOf(TransportError);
      expect(failure.message).toContain('login page');
      expect(failure.message).not.toContain('please');
    },
  );

  it.each([
    ['400 Bad Request', { status: 400 }],
    ['200 OK', { code: 'ERR_TRANSPORT' }],
  ])('of %s that drips does not hold a call for long', async (line, expected) => {
    const { transport } = await against(
      (socket) => {
        socket.once('data', () => {
          socket.write(`HTTP/1.1 ${line}\r\nx-oss-request-id: A\r\n\r\n`);
          const drip = setInterval(() => socket.write(' '), 20);
          socket.on('close', () => clearInterval(drip));
        });
      },
      { idleTimeoutMs: 300 },
    );
    const startedMs = Date.now();
    const failure = await rejectionOf(transport.delete({ key: 'k', headers: {} }));
    expect(failure).toMatchObject(expected);
    expect(Date.now() - startedMs).toBeLessThan(20_000);
  });

  it('that sets the clock by ages does not end later calls', async () => {
    const xml = '<Error><Code>RequestTimeTooSkewed</Code></Error>';
    const { transport } = await against(
      answering(
        `HTTP/1.1 403 Forbidden\r\nDate: Sat, 12 Sep 275760 00:00:00 GMT\r\nContent-Length: ${xml.length}\r\n\r\n${xml}`,
      ),
    );
    for (let i = 0; i < 2; i++) {
      const failure = await rejectionOf(transport.get({ key: 'k', headers: {} }));
      expect(failure).toMatchObject({ serviceCode: 'RequestTimeTooSkewed' });
    }
  });

  it('that is an endless refusal is cut', async () => {
    const { transport } = await against((socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 400 Bad Request\r\n\r\n');
        const pour = (): void => {
          while (!socket.destroyed && socket.write(noise(10_000)));
        };
        socket.on('drain', pour);
        pour();
      });
    });
    const failure = await rejectionOf(transport.get({ key: 'k', headers: {} }));
    expect(failure).toBeInstanceOf(ServiceError);
    expect(failure).toMatchObject({ status: 400, serviceCode: undefined });
  });

  it('that is a refusal which stalls is told by its status', async () => {
    const { transport } = await against(
      (socket) => {
        socket.once('data', () => socket.write('HTTP/1.1 404 Not Found\r\nContent-Length: 99\r\n\r\n<Er'));
      },
      { idleTimeoutMs: 300 },
    );
    const failure = await rejectionOf(transport.get({ key: 'k', headers: {} }));
    expect(failure).toMatchObject({ status: 404, serviceCode: undefined });
    expect(failure.message).toContain('the bucket does not exist');
  });

  it.each([
    ['404 Not Found', { status: 404, serviceCode: undefined }],
    ['412 Precondition Failed', { status: 412, serviceCode: 'PreconditionFailed' }],
    ['304 Not Modified', { status: 304, serviceCode: 'NotModified' }],
    ['500 Oops', { status: 500, serviceCode: undefined, retryable: true }],
  ])('to HEAD of %s without any code is told by its status', async (line, expected) => {
    const { transport } = await against(answering(`HTTP/1.1 ${line}\r\nx-oss-request-id: 5C3D\r\n\r\n`));
    const failure = await rejectionOf(transport.head({ key: 'k', headers: {} }));
    expect(failure).toMatchObject({ ...expected, requestId: '5C3D' });
  });

  it('to HEAD tells its code in the header x-oss-err', async () => {
    const xml = Buffer.from('<Error><Code>NoSuchBucket</Code><EC>0015-00000101</EC></Error>').toString(
      'base64',
    );
    const { transport } = await against(answering(`HTTP/1.1 404 Not Found\r\nx-oss-err: ${xml}\r\n\r\n`));
    const failure = await rejectionOf(transport.head({ key: 'k', headers: {} }));
    expect(failure).toMatchObject({ serviceCode: 'NoSuchBucket', ec: '0015-00000101' });
  });

  it('that tells of an error with the status of success is an error', async () => {
    const xml = '<Error><Code>InternalError</Code></Error>';
    const { transport } = await against(
      answering(`HTTP/1.1 200 OK\r\nContent-Length: ${xml.length}\r\n\r\n${xml}`),
    );
    const failure = await rejectionOf(transport.copy({ key: 'k', sourceKey: 's', headers: {} }));
    expect(failure).toMatchObject({ serviceCode: 'InternalError' });
  });

  it.each([
    ['is no list of parts', '<ListPartsResult><Part><PartNumber>x</PartNumber></Part></ListPartsResult>'],
    [
      'leads back to its beginning',
      '<R><IsTruncated>true</IsTruncated><NextPartNumberMarker>0</NextPartNumberMarker></R>',
    ],
    ['is not XML', 'seven parts'],
    ['is nothing', ''],
  ])('to ListParts that %s is a TransportError', async (_kind, xml) => {
    const { transport } = await against(
      answering(`HTTP/1.1 200 OK\r\nContent-Length: ${xml.length}\r\n\r\n${xml}`),
    );
    const failure = await rejectionOf(transport.parts.list({ key: 'k', headers: {}, uploadId: 'u' }));
    expect(failure).toBeInstanceOf(TransportError);
    expect(failure.message).not.toContain('seven');
  });

  it('to UploadPart without an ETag is a TransportError', async () => {
    const { transport } = await against(answering('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'));
    const body = { kind: 'bytes', bytes: noise(1) } as const;
    const failure = await rejectionOf(
      transport.parts.put({ key: 'k', headers: {}, uploadId: 'u', partNumber: 1, body }),
    );
    expect(failure).toBeInstanceOf(TransportError);
  });
});

it('says that nobody listens at the endpoint', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  const client = new OSS({ ...noCredentials, endpoint: `http://localhost:${port}`, ...{ sldEnable: true } });
  const failure = await rejectionOf(aliOssTransport(client, { retries: 0 }).head({ key: 'k', headers: {} }));
  expect(failure).toMatchObject({ retryable: true });
  expect(failure.message).toContain('ECONNREFUSED');
  expect(failure.message).not.toContain(String(port));
});

it('keeps connections of an agent for the next request', async () => {
  let connections = 0;
  const agent = new Agent({ keepAlive: true });
  const { transport } = await against(
    (socket) => {
      connections += 1;
      socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\nETag: "A"\r\nContent-Length: 0\r\n\r\n'));
    },
    {},
    agent,
  );
  const body = { kind: 'bytes', bytes: noise(9) } as const;
  for (let i = 0; i < 3; i++) await transport.put({ key: 'k', headers, body });
  const got = await transport.get({ key: 'k', headers: {} });
  expect(await collect(got.chunks)).toEqual(Buffer.alloc(0));
  await transport.head({ key: 'k', headers: {} });
  expect(connections).toBe(1);
  agent.destroy();
});

it('waits until a small body is taken, though the answer is there before', async () => {
  let isTaken = false;
  const take = (done: () => void): void => {
    if (!socket.readableEnded) socket.push('HTTP/1.1 200 OK\r\nETag: "A"\r\nContent-Length: 0\r\n\r\n');
    setTimeout(() => {
      isTaken = true;
      done();
    }, 50);
  };
  const socket = Object.assign(
    new Duplex({
      read() {},
      write: (_chunk, _encoding, done) => take(done),
      writev: (_all, done) => take(done),
    }),
    { setTimeout() {}, setNoDelay() {}, setKeepAlive() {}, ref() {}, unref() {} },
  );
  const agent = Object.assign(new Agent(), { createConnection: () => socket });
  const client = new OSS({ ...noCredentials, endpoint: 'http://localhost:9', ...{ sldEnable: true, agent } });
  const transport = aliOssTransport(client, { retries: 0 });
  await transport.put({ key: 'k', headers, body: { kind: 'bytes', bytes: noise(9) } });
  expect(isTaken).toBe(true);
});

it.each([0, 1_000, 8_000_000])(
  'sends %i bytes again when the server closed a kept connection meanwhile',
  async (sizeBytes) => {
    let connections = 0;
    const agent = new Agent({ keepAlive: true });
    const { transport } = await against(
      (socket) => {
        connections++;
        let isUsed = false;
        let wanted = -1;
        let taken = 0;
        socket.on('data', (data) => {
          if (isUsed) return void socket.resetAndDestroy();
          if (wanted < 0) {
            const head = data.toString('latin1');
            wanted = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0) + head.indexOf('\r\n\r\n') + 4;
          }
          taken += data.length;
          if (taken < wanted) return;
          isUsed = true;
          socket.write('HTTP/1.1 200 OK\r\nETag: "A"\r\nx-oss-request-id: A\r\nContent-Length: 0\r\n\r\n');
        });
      },
      { retries: 3, sleep: async () => {} },
      agent,
    );
    await transport.put({ key: 'first', headers, body: { kind: 'bytes', bytes: noise(5) } });
    await transport.put({ key: 'second', headers, body: { kind: 'bytes', bytes: noise(sizeBytes) } });
    await transport.head({ key: 'third', headers: {} });
    expect(connections).toBe(3);
    agent.destroy();
  },
);
