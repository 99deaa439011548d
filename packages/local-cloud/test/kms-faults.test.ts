import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import { authorityCertificate, serverIdentity } from '@oss-envelope/test-kit';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KmsFault } from '../src/kms/control/fault-plan.js';
import { type LocalKms, startKms } from '../src/kms/control/start-kms.js';
import { call, send, signAcs3 } from './acs3-request.js';
import { clientFor, K, type KmsClient, refusal } from './alicloud-kms.js';

let kms: LocalKms;
let keyId: string;
let client: KmsClient;

beforeEach(async () => {
  kms = await startKms();
  keyId = await kms.createKey();
  client = clientFor(kms);
});
afterEach(() => kms.close());

const dataKey = () => client.generateDataKey(new K.GenerateDataKeyRequest({ keyId }));

describe('a fault', () => {
  it.each<[KmsFault, string]>([
    [{ kind: 'throttle' }, '429 Rejected.Throttling'],
    [{ kind: 'throttle', status: 400, code: 'Throttling.User' }, '400 Throttling.User'],
    [{ kind: 'status', status: 503 }, '503 ServiceUnavailableTemporary'],
    [{ kind: 'status', status: 500 }, '500 InternalFailure'],
    [{ kind: 'status', status: 418, code: 'Teapot', message: 'no' }, '418 Teapot'],
  ])('%o is the error %s', async (fault, answer) => {
    kms.faults.add(fault);
    expect(await refusal(dataKey())).toBe(answer);
    expect(kms.requests.last).toMatchObject({
      fault: fault.kind,
      status: Number(answer.slice(0, 3)),
      code: answer.slice(4),
    });
    expect(await refusal(dataKey())).toBe('not refused');
  });

  it('resets the connection', async () => {
    kms.faults.add({ kind: 'reset' });
    await expect(dataKey()).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(kms.requests.last).toMatchObject({ fault: 'reset', status: undefined });
  });

  it('stalls, until the client gives up or the server closes', async () => {
    kms.faults.add({ kind: 'stall', times: 2 });
    client = clientFor(kms);
    const impatient = client.generateDataKeyEx(new K.GenerateDataKeyRequest({ keyId }), {
      readTimeout: 100,
      connectTimeout: 100,
    } as Parameters<KmsClient['generateDataKeyEx']>[1]);
    await expect(impatient).rejects.toMatchObject({ name: 'RequestTimeoutError' });
    const waiting = dataKey();
    const ended = expect(waiting).rejects.toMatchObject({ code: 'ECONNRESET' });
    while (kms.requests.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    await kms.close();
    await ended;
  });

  it('delays the right answer', async () => {
    kms.faults.add({ kind: 'delay', delayMs: 60 });
    const start = performance.now();
    expect(Buffer.from((await dataKey()).plaintext, 'base64')).toHaveLength(32);
    expect(performance.now() - start).toBeGreaterThan(50);
  });

  it.each([
    [{ kind: 'garbage' }, 200, '<html>'],
    [{ kind: 'garbage', status: 502, body: 'bad gateway' }, 502, 'bad gateway'],
    [{ kind: 'garbage', body: '' }, 200, ''],
  ] as const)('%o is no JSON', async (fault, status, start) => {
    kms.faults.add({ ...fault, times: 2 });
    await expect(dataKey()).rejects.toThrow(SyntaxError);
    const { url, init } = signAcs3(kms.url, { action: 'ListKeys' });
    const response = await fetch(url, init);
    expect(response.status).toBe(status);
    expect((await response.text()).startsWith(start)).toBe(true);
  });

  it('truncates the answer', async () => {
    kms.faults.add({ kind: 'truncate', times: 2 });
    await expect(dataKey()).rejects.toThrow();
    const { url, init } = signAcs3(kms.url, { action: 'ListKeys' });
    await expect(fetch(url, init).then((response) => response.text())).rejects.toThrow();
  });

  it('leaves members out, or replaces them', async () => {
    kms.faults.add({ kind: 'missing-fields' });
    expect(Object.keys(await dataKey()).sort()).toEqual(['keyVersionId', 'requestId']);
    kms.faults.add({ kind: 'missing-fields', fields: ['Plaintext'] });
    const made = await dataKey();
    expect(made).not.toHaveProperty('plaintext');
    expect(made.ciphertextBlob).not.toBe('');
    kms.faults.add({ kind: 'replace-fields', fields: { Plaintext: '@', KeyId: 'other' } });
    expect(await dataKey()).toMatchObject({ plaintext: '@', keyId: 'other' });
  });

  it('gives a data key of the wrong length', async () => {
    kms.faults.add({ kind: 'wrong-key-length' });
    expect(Buffer.from((await dataKey()).plaintext, 'base64')).toHaveLength(17);
    kms.faults.add({ kind: 'wrong-key-length', lengthBytes: 0 });
    expect((await dataKey()).plaintext).toBe('');
  });

  it('strikes only its operation, as often as told, after as many as told', async () => {
    kms.faults.add({ kind: 'throttle', action: 'Decrypt', times: 2, skip: 1 });
    const { ciphertextBlob } = await dataKey();
    const outcomes: string[] = [];
    for (let index = 0; index < 4; index += 1) {
      outcomes.push(await refusal(client.decrypt(new K.DecryptRequest({ ciphertextBlob }))));
      expect(await refusal(dataKey())).toBe('not refused');
    }
    const throttled = '429 Rejected.Throttling';
    expect(outcomes).toEqual(['not refused', throttled, throttled, 'not refused']);
    expect(kms.faults.size).toBe(0);
  });

  it('that strikes forever ends when cleared', async () => {
    kms.faults.add({ kind: 'throttle', times: Number.POSITIVE_INFINITY });
    for (let index = 0; index < 3; index += 1) expect(await refusal(dataKey())).toContain('429');
    expect(kms.faults.size).toBe(1);
    kms.faults.clear();
    expect(await refusal(dataKey())).toBe('not refused');
  });

  it('does not strike who is not let in', async () => {
    kms.faults.add({ kind: 'throttle' });
    const stranger = clientFor(kms, { accessKeyId: 'x', accessKeySecret: 'x' });
    expect(await refusal(stranger.listKeys(new K.ListKeysRequest({})))).toContain('404');
    expect(kms.faults.size).toBe(1);
  });

  it.each([{ times: 0 }, { times: 1.5 }, { times: Number.NaN }, { skip: -1 }, { skip: 0.5 }])(
    'with %o is a RangeError',
    (when) => {
      expect(() => kms.faults.add({ kind: 'reset', ...when })).toThrow(RangeError);
    },
  );

  it.each(['resets', 'toString', undefined])(
    'of the kind %o is a RangeError that names the kinds',
    (kind) => {
      expect(() => kms.faults.add({ kind } as never)).toThrow(/throttle, status, stall/);
      expect(kms.faults.size).toBe(0);
    },
  );
});

describe('the request log', () => {
  it('keeps what was asked and answered, up to its bound', async () => {
    await kms.close();
    kms = await startKms({ requestLogCapacity: 3 });
    client = clientFor(kms);
    keyId = await kms.createKey();
    await dataKey();
    expect(kms.requests.last).toMatchObject({
      method: 'POST',
      action: 'GenerateDataKey',
      generation: 'rpc-v1',
      status: 200,
      code: undefined,
      fault: undefined,
      parameters: { KeyId: keyId, Action: 'GenerateDataKey', Version: '2016-01-20' },
      headers: { 'x-acs-action': 'GenerateDataKey', host: kms.endpoint },
    });
    expect(kms.requests.last?.rawUrl).toContain('/?Action=GenerateDataKey&');
    for (let index = 0; index < 3; index += 1) await client.listKeys(new K.ListKeysRequest({}));
    expect(kms.requests.actions).toEqual(['ListKeys', 'ListKeys', 'ListKeys']);
    expect(kms.requests.of('GenerateDataKey')).toEqual([]);
    expect([...kms.requests]).toHaveLength(3);
    kms.requests.clear();
    expect(kms.requests.length).toBe(0);
  });

  it('at an operation that there is not is refused, by the names of the operations', () => {
    expect(() => kms.faults.add({ kind: 'reset', action: 'Decript' })).toThrow(
      /^There is no operation "\w+": .*(GetObject|Decrypt)/,
    );
  });
});

describe('a browser', () => {
  it('is let in from any origin with the headers that it asks for', async () => {
    const asked =
      'authorization,x-acs-action,x-acs-content-sha256,x-acs-date,x-acs-signature-nonce,x-acs-version';
    const preflight = await fetch(kms.url, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://app.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': asked,
      },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe('*');
    expect(preflight.headers.get('access-control-allow-headers')).toBe(asked);
    expect(preflight.headers.get('access-control-allow-methods')).toContain('POST');
    const exposed = ['date', 'x-acs-request-id'];
    for (const action of ['ListKeys', 'Unheard']) {
      const answer = await call(kms.url, { action });
      expect(answer.headers.get('access-control-allow-origin')).toBe('*');
      expect(answer.headers.get('x-acs-request-id')).toBe(answer.json.RequestId);
      const names = answer.headers.get('access-control-expose-headers')?.split(', ');
      expect(names).toEqual(expect.arrayContaining(exposed));
    }
    expect(kms.requests.length).toBe(2);
  });

  it('can read the server’s time', async () => {
    await kms.close();
    kms = await startKms({ now: () => Date.parse('2031-02-03T04:05:06Z') });
    const answer = await call(kms.url, { action: 'ListKeys' });
    expect(answer.json.Code).toBe('InvalidTimeStamp.Expired');
    expect(answer.headers.get('date')).toBe('Mon, 03 Feb 2031 04:05:06 GMT');
  });
});

describe('HTTPS', () => {
  it('serves with the given key and certificate, to who trusts it', async () => {
    const secure = await startKms({ tls: serverIdentity });
    try {
      expect(secure.url).toBe(`https://${secure.endpoint}`);
      const first = signAcs3(secure.url, { action: 'ListKeys' });
      const ask = (ca?: string, { url, init } = first) =>
        new Promise<number | undefined>((resolve, reject) => {
          const asking = httpsRequest(url, { method: 'POST', headers: init.headers, ca }, (response) => {
            response.resume();
            resolve(response.statusCode);
          });
          asking.on('error', reject);
          asking.end();
        });
      await expect(ask()).rejects.toMatchObject({ code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
      expect(await ask(authorityCertificate)).toBe(200);
      secure.faults.add({ kind: 'reset' });
      const again = signAcs3(secure.url, { action: 'ListKeys' });
      await expect(ask(authorityCertificate, again)).rejects.toMatchObject({ code: 'ECONNRESET' });
    } finally {
      await secure.close();
    }
  });
});

describe('malformed input', () => {
  const raw = (bytes: string) =>
    new Promise<string>((resolve, reject) => {
      const { port, hostname } = new URL(kms.url);
      const socket = connect(Number(port), hostname, () => socket.write(bytes));
      let text = '';
      socket.on('data', (chunk) => {
        text += chunk.toString('latin1');
        if (text.includes('\r\n\r\n')) socket.destroy();
      });
      socket.on('close', () => resolve(text));
      socket.on('error', reject);
    });

  it.each([
    ['nonsense', 'nonsense\r\n\r\n', '400'],
    ['no signature', 'GET / HTTP/1.1\r\nhost: x\r\n\r\n', '400'],
    [
      'an absolute target',
      'POST http://elsewhere/?Action=ListKeys HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n',
      '400',
    ],
    ['a target without a path', 'POST ?%zz HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n', '400'],
    ['empty parameters', 'POST /?&&=&= HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n', '400'],
    ['a prototype for a name', 'POST /?__proto__=1 HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n', '400'],
    ['HEAD', 'HEAD / HTTP/1.1\r\nhost: x\r\n\r\n', '403'],
    ['a target over the limit', `GET /?${'x'.repeat(200_000)} HTTP/1.1\r\nhost: x\r\n\r\n`, '431'],
  ])('%s is answered', async (_name, bytes, status) => {
    expect(await raw(bytes)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(await refusal(dataKey())).toBe('not refused');
  });

  it('a body over the limit is refused', async () => {
    const form = { CiphertextBlob: 'A'.repeat(1024 * 1024) };
    const answer = await call(kms.url, { action: 'Decrypt', form });
    expect([answer.status, answer.json.Code]).toEqual([413, 'RequestEntityTooLarge']);
  });

  it('a body that breaks off does no harm', async () => {
    const { port, hostname } = new URL(kms.url);
    await new Promise<void>((resolve) => {
      const socket = connect(Number(port), hostname, () => {
        socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nabc', () => socket.destroy());
      });
      socket.on('close', () => resolve());
    });
    expect(await refusal(dataKey())).toBe('not refused');
  });

  it('any parameters to any operation are answered with JSON, and never as an internal failure', async () => {
    const action = fc.constantFrom(
      'Decrypt',
      'Encrypt',
      'GenerateDataKey',
      'CreateAlias',
      'ListKeys',
      'Nope',
    );
    const value = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.json(),
      fc.base64String(),
      fc.constantFrom(keyId, '__proto__', '\0', '1e9', '-1'),
    );
    const names = ['KeyId', 'CiphertextBlob', 'Plaintext', 'EncryptionContext', 'NumberOfBytes', 'AliasName'];
    const query = fc.dictionary(fc.oneof(fc.constantFrom(...names), fc.constant('__proto__')), value);
    await fc.assert(
      fc.asyncProperty(action, query, fc.boolean(), async (name, fields, asForm) => {
        const signed = signAcs3(kms.url, {
          action: name,
          ...(asForm ? { form: fields } : { query: fields }),
        });
        const { status, json } = await send(signed);
        expect(json.RequestId).toEqual(expect.any(String));
        if (status !== 200) expect(json.Code).not.toMatch(/^(InternalFailure|SignatureDoesNotMatch)$/);
        expect([200, 400, 404, 409]).toContain(status);
      }),
      { numRuns: 150 },
    );
  });
});
