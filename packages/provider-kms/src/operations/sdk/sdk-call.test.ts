import { InvalidArgumentError, MasterKeyError } from '@oss-envelope/core';
import { describe, expect, test } from 'vitest';
import { sdkCall } from './sdk-call.js';
import { clientGeneration } from './sdk-client.js';

const control = (signal = new AbortController().signal) => ({ signal, timeoutMs: 1234 });
const runtime = {
  readTimeout: 1234,
  connectTimeout: 1234,
  autoretry: false,
  maxAttempts: 1,
  ignoreSSL: false,
};
const members = { ciphertextBlob: 'blob', keyId: 'key', plaintext: 'text', requestId: 'r' };
const pascal = { CiphertextBlob: 'blob', KeyId: 'key', Plaintext: 'text', RequestId: 'r' };

interface Called {
  readonly name: string;
  readonly self: unknown;
  readonly args: readonly unknown[];
}
/** A client whose methods give one answer each, and what was called. */
function clientOf(answers: Record<string, unknown>, more: object = {}) {
  const called: Called[] = [];
  const client: Record<string, unknown> = { ...more };
  for (const [name, answer] of Object.entries(answers)) {
    client[name] = async function (this: unknown, ...args: unknown[]) {
      called.push({ name, self: this, args });
      return answer;
    };
  }
  return { client, called };
}
const v1 = (more: object = {}, answer: unknown = members) =>
  clientOf({ generateDataKeyEx: answer, encryptEx: answer, decryptEx: answer, doRequest: pascal }, more);
const v2 = (answer: unknown = { body: members }) =>
  clientOf({
    generateDataKeyWithOptions: answer,
    encryptWithOptions: answer,
    decryptWithOptions: answer,
    callApi: { body: pascal },
  });
const secret = { keyId: 'k', plaintext: 'p', isSecret: true, encryptionContext: '{"a":"b"}' };

describe('a client', () => {
  test('is known by its methods', () => {
    expect(clientGeneration(v1().client).kind).toBe('v1');
    expect(clientGeneration(v2().client).kind).toBe('v2');
    expect(clientGeneration({ ...v1().client, ...v2().client }).kind).toBe('v2');
    const { decryptEx: _, ...part } = v1().client;
    for (const none of [part, null, undefined, 'client', {}]) {
      expect(() => clientGeneration(none)).toThrow(InvalidArgumentError);
      expect(() => clientGeneration(none)).toThrow(expect.objectContaining({ argument: 'client' }));
    }
  });

  test.each([
    ['GenerateDataKey', 'generateDataKeyEx', 'generateDataKeyWithOptions'],
    ['Encrypt', 'encryptEx', 'encryptWithOptions'],
    ['Decrypt', 'decryptEx', 'decryptWithOptions'],
  ] as const)('is asked to %s, without retries of its own', async (action, first, second) => {
    const parameters = { keyId: 'k', ciphertextBlob: 'c', encryptionContext: '{"a":"b"}' } as never;
    for (const [{ client, called }, name, context] of [
      [v1(), first, '{"a":"b"}'],
      [v2(), second, { a: 'b' }],
    ] as const) {
      const answer = await sdkCall(clientGeneration(client))(action, parameters, control());
      expect(answer).toEqual(members);
      expect(called).toHaveLength(1);
      expect(called[0]).toMatchObject({ name, args: [{ encryptionContext: context }, runtime] });
    }
  });

  test('of the later generations gets no context where there is none', async () => {
    const { client, called } = v2();
    await sdkCall(clientGeneration(client))(
      'Decrypt',
      { ciphertextBlob: 'c', encryptionContext: undefined },
      control(),
    );
    expect(called[0]?.args[0]).not.toMatchObject({ encryptionContext: expect.anything() });
  });

  test('that answers nothing gives no members', async () => {
    const decrypting = { ciphertextBlob: 'c', encryptionContext: undefined };
    for (const { client } of [v1({}, null), v2(null), v2({})]) {
      const answer = await sdkCall(clientGeneration(client))('Decrypt', decrypting, control());
      expect(Object.values(answer)).toEqual([undefined, undefined, undefined, undefined]);
    }
  });

  test('sends no request after an abort', async () => {
    const reason = new Error('enough');
    for (const parameters of [secret, { ...secret, isSecret: false }]) {
      const { client, called } = v1();
      const calling = sdkCall(clientGeneration(client))(
        'Encrypt',
        parameters,
        control(AbortSignal.abort(reason)),
      );
      await expect(calling).rejects.toBe(reason);
      expect(called).toEqual([]);
    }
  });
});

describe('a secret goes in the body', () => {
  test('of a client of 1.2', async () => {
    const { client, called } = v1();
    expect(await sdkCall(clientGeneration(client))('Encrypt', secret, control())).toEqual(members);
    const query = { KeyId: 'k', EncryptionContext: '{"a":"b"}' };
    expect(called).toEqual([
      {
        name: 'doRequest',
        self: client,
        args: ['Encrypt', 'HTTPS', 'POST', '2016-01-20', 'AK', query, { Plaintext: 'p' }, runtime],
      },
    ]);
  });

  test('of a later client', async () => {
    const { client, called } = v2();
    expect(await sdkCall(clientGeneration(client))('Encrypt', secret, control())).toEqual(members);
    const query = { KeyId: 'k', EncryptionContext: '{"a":"b"}' };
    const params = {
      action: 'Encrypt',
      version: '2016-01-20',
      protocol: 'HTTPS',
      pathname: '/',
      method: 'POST',
      authType: 'AK',
      style: 'RPC',
      reqBodyType: 'formData',
      bodyType: 'json',
    };
    expect(called).toEqual([
      { name: 'callApi', self: client, args: [params, { query, body: { Plaintext: 'p' } }, runtime] },
    ]);
  });

  test('by the way of its own generation alone', async () => {
    const both = { ...v2().client, doRequest: () => expect.fail('called') };
    expect(await sdkCall(clientGeneration(both))('Encrypt', secret, control())).toEqual(members);
    const { client } = v1({ callApi: () => expect.fail('called') });
    client.doRequest = undefined;
    await expect(sdkCall(clientGeneration(client))('Encrypt', secret, control())).rejects.toThrow(
      MasterKeyError,
    );
  });

  test('and an answer of nothing has no members', async () => {
    const client = { ...v2().client, callApi: async () => undefined };
    const answer = await sdkCall(clientGeneration(client))('Encrypt', secret, control());
    expect(Object.values(answer)).toEqual([undefined, undefined, undefined, undefined]);
  });

  test('or it does not go', async () => {
    for (const { client } of [v1({}), v2()]) {
      client.doRequest = undefined;
      client.callApi = undefined;
      const calling = sdkCall(clientGeneration(client))('Encrypt', secret, control());
      await expect(calling).rejects.toThrow(MasterKeyError);
    }
  });
});

test('credentials that rotate are taken together, for one request', async () => {
  let serial = 0;
  const credential = {
    getAccessKeyId: async () => `id${serial}`,
    getAccessKeySecret: async () => `secret${serial}`,
    getSecurityToken: async () => undefined,
  };
  const { client, called } = v1({ _credential: credential });
  const call = sdkCall(clientGeneration(client));
  for (serial = 1; serial <= 2; serial++) {
    await call('Decrypt', { ciphertextBlob: 'c', encryptionContext: undefined }, control());
    const { _credential: own } = called.at(-1)!.self as { _credential: typeof credential };
    expect(await own.getAccessKeyId()).toBe(`id${serial}`);
    expect(await own.getAccessKeySecret()).toBe(`secret${serial}`);
    expect(await own.getSecurityToken()).toBe('');
  }
  expect(client._credential).toBe(credential);
});

test.each([null, 'text', {}])(
  'a credential that gives no parts is left as it is: %j',
  async (_credential) => {
    const { client, called } = v1({ _credential });
    await sdkCall(clientGeneration(client))(
      'Decrypt',
      { ciphertextBlob: 'c', encryptionContext: undefined },
      control(),
    );
    expect(called[0]?.self).toBe(client);
  },
);

test('a client of 2.x takes its credentials together itself, and is left as it is', async () => {
  const { client, called } = v2();
  const part = async () => 'a part';
  client._credential = { getAccessKeyId: part, getAccessKeySecret: part, getSecurityToken: part };
  const request = { ciphertextBlob: 'c', encryptionContext: undefined };
  await sdkCall(clientGeneration(client))('Decrypt', request, control());
  expect(called[0]?.self).toBe(client);
});
