// The attacker is a slow or huge server: answers that drip, never end, never begin, or ask for ever more.
import { createServer, type Socket } from 'node:net';
import { EncryptedBucket, type ObjectTransport } from '@oss-envelope/core';
import { defaultOssAccount } from '@oss-envelope/local-cloud';
import { rsaProvider } from '@oss-envelope/provider-rsa';
import { rsaPair } from '@oss-envelope/test-kit';
import { inTurn } from '@oss-envelope/test-kit/in-turn';
import { fetchTransport } from '@oss-envelope/transport-fetch';
import { aliOssTransport } from '@oss-envelope/transport-node';
import OSS from 'ali-oss';
import { afterEach, describe, expect } from 'vitest';

const provider = rsaProvider(await rsaPair());
const idleTimeoutMs = 400;
/** What a call may take that meets a server which does nothing right: a few times the silence that is allowed. */
const longestMs = 15_000;

const transports: readonly (readonly [string, (port: number) => ObjectTransport])[] = [
  [
    'ali-oss',
    (port) => {
      const options = { endpoint: `http://localhost:${port}`, sldEnable: true, bucket: 'bucket' };
      const client = new OSS({ ...options, region: 'oss-cn-hangzhou', ...defaultOssAccount } as OSS.Options);
      return aliOssTransport(client, { idleTimeoutMs, retries: 0 });
    },
  ],
  [
    'fetch',
    (port) =>
      fetchTransport({
        endpoint: `http://127.0.0.1:${port}`,
        bucket: 'bucket',
        region: 'cn-hangzhou',
        addressing: 'path',
        credentials: { ...defaultOssAccount },
        idleTimeoutMs,
        retries: 0,
      }),
  ],
];

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** A server that does with each request, once its head is there, what it likes. */
async function serving(answer: (socket: Socket, head: string) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let head = '';
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    socket.on('data', (data) => {
      head += data.toString('latin1');
      if (!head.includes('\r\n\r\n')) return;
      const whole = head;
      head = '';
      answer(socket, whole);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, resolve));
  closers.push(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(() => resolve()));
  });
  return (server.address() as { port: number }).port;
}

const ok = 'HTTP/1.1 200 OK\r\nx-oss-request-id: 5C3D\r\nETag: "A"\r\n';
const drip = (socket: Socket, piece: string): void => {
  const timer = setInterval(() => socket.write(piece), 50);
  socket.on('close', () => clearInterval(timer));
};
const pour = (socket: Socket, piece: Buffer): void => {
  const more = (): void => {
    while (!socket.destroyed && socket.write(piece));
  };
  socket.on('drain', more);
  more();
};

const nextRow = inTurn(transports.length);
describe.each(transports)('over %s', (_, transportTo) => {
  const it = nextRow();
  const bucketAt = (port: number): EncryptedBucket =>
    new EncryptedBucket({ transport: transportTo(port), provider, format: 'sealed' });
  /** The failure of a call, which must come in time. */
  const failureOf = async (call: () => Promise<unknown>): Promise<{ code: string; status?: number }> => {
    const startedMs = Date.now();
    const failure = await call().then(
      () => expect.fail('it succeeded'),
      (error: { code: string }) => error,
    );
    expect(Date.now() - startedMs).toBeLessThan(longestMs);
    expect(failure.code).toMatch(/^ERR_(SERVICE|TRANSPORT|INTEGRITY|ENVELOPE_MISSING)$/);
    return failure;
  };

  it('holds: one that says nothing is given up', async () => {
    const port = await serving(() => {});
    for (const call of [
      () => bucketAt(port).get('k'),
      () => bucketAt(port).put('k', 'x'),
      () => bucketAt(port).delete('k'),
    ])
      await failureOf(call);
  });

  it('holds: an error document that drips does not keep a call', async () => {
    const port = await serving((socket) => {
      socket.write('HTTP/1.1 403 Forbidden\r\nContent-Length: 1000000\r\n\r\n<Error>');
      drip(socket, ' ');
    });
    expect(await failureOf(() => bucketAt(port).get('k'))).toMatchObject({ status: 403 });
  });

  it('holds: an error document without end does not fill memory', async () => {
    const port = await serving((socket) => {
      socket.write('HTTP/1.1 400 Bad Request\r\n\r\n');
      pour(socket, Buffer.alloc(65_536, 'a'));
    });
    const before = process.memoryUsage().rss;
    expect(await failureOf(() => bucketAt(port).get('k'))).toMatchObject({ status: 400 });
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * 2 ** 20);
  });

  it('holds: a document of a list without end, or that drips, does not keep a call', async () => {
    const listOf = async (answer: (socket: Socket) => void) => {
      const port = await serving(answer);
      return failureOf(async () => {
        for await (const _entry of bucketAt(port).list({}));
      });
    };
    await listOf((socket) => {
      socket.write(`${ok}\r\n<ListBucketResult>`);
      drip(socket, ' ');
    });
    await listOf((socket) => {
      socket.write(`${ok}\r\n`);
      pour(socket, Buffer.alloc(65_536, 'a'));
    });
  });

  it('holds: a list whose pages lead in a circle ends', async () => {
    let pages = 0;
    const xml =
      '<ListBucketResult><Name>bucket</Name><KeyCount>0</KeyCount><IsTruncated>true</IsTruncated>' +
      '<NextContinuationToken>again</NextContinuationToken></ListBucketResult>';
    const port = await serving((socket) => {
      pages++;
      socket.write(`${ok}Content-Type: application/xml\r\nContent-Length: ${xml.length}\r\n\r\n${xml}`);
    });
    await failureOf(async () => {
      for await (const _entry of bucketAt(port).list({}));
    });
    expect(pages).toBeLessThan(10);
  });

  it('holds: content that stalls is given up, with an error and not as an end', async () => {
    const port = await serving((socket) => {
      socket.write(`${ok}Content-Length: 100000\r\n\r\n${'a'.repeat(1000)}`);
    });
    await failureOf(async () => (await bucketAt(port).get('k', { onPlainObject: 'pass' })).bytes());
  });

  it('holds: a header block without end is refused', async () => {
    const port = await serving((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n');
      pour(socket, Buffer.from(`x-oss-meta-a: ${'a'.repeat(60_000)}\r\n`));
    });
    await failureOf(() => bucketAt(port).get('k'));
  });

  it.each(['Sat, 12 Sep 275760 00:00:00 GMT', 'Thu, 01 Jan 1970 00:00:00 GMT', 'never'])(
    'holds: a clock of %s is not believed, and ends no later call',
    async (date) => {
      const heads: string[] = [];
      const xml = '<Error><Code>RequestTimeTooSkewed</Code></Error>';
      const port = await serving((socket, head) => {
        heads.push(head);
        socket.write(
          `HTTP/1.1 403 Forbidden\r\nDate: ${date}\r\nx-oss-request-id: 5C3D\r\nContent-Length: ${xml.length}\r\n\r\n${xml}`,
        );
      });
      const bucket = bucketAt(port);
      for (let turn = 0; turn < 3; turn++)
        expect(await failureOf(() => bucket.get('k'))).toMatchObject({ status: 403 });
      expect(heads.length).toBeGreaterThanOrEqual(3);
      const year = `${new Date().getUTCFullYear()}`;
      for (const head of heads) expect(/^x-oss-date: (.*)$/im.exec(head)?.[1]).toContain(year);
    },
  );

  it.each([
    ['deep', '<a>'.repeat(100_000)],
    [
      'an entity that doubles',
      `<!DOCTYPE x [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><Error><Code>&b;</Code></Error>`,
    ],
    ['of control characters', `<Error><Code>${'\u0000\u001b[31m'.repeat(1000)}</Code></Error>`],
    ['a code of 60 KB', `<Error><Code>${'a'.repeat(60_000)}</Code></Error>`],
  ])('holds: an error document that is %s gives a short error', async (__, xml) => {
    const port = await serving((socket) => {
      socket.write(
        `HTTP/1.1 409 Conflict\r\nContent-Type: application/xml\r\nContent-Length: ${Buffer.byteLength(xml)}\r\n\r\n${xml}`,
      );
    });
    const failure = await failureOf(() => bucketAt(port).get('k'));
    expect(failure).toMatchObject({ status: 409 });
    const { message } = failure as unknown as Error;
    expect(message.length).toBeLessThan(2000);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
    expect(message).not.toMatch(/[\u0000-\u001f]/);
  });
});
