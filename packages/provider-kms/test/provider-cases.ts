import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert';
import {
  type CounterFormatName,
  decodeBase64,
  encodeBase64,
  InvalidArgumentError,
  type KeyProvider,
  KeyUnwrapError,
  MasterKeyError,
  ServiceError,
  TransportError,
  type UnwrapKeyRequest,
  type WrappedKey,
} from '@oss-envelope/core';
import { sleep } from '@oss-envelope/core/adapter';
import { defaultKmsAccount, type LocalKms } from '@oss-envelope/local-cloud';
import type { KmsKeyOptions } from '../src/provider/key-options.js';
import type { ProviderWay, Target } from './provider-ways.js';

/** What a case works with: a KMS of its own with one key, and the way to make providers. */
export interface CaseWorld {
  readonly kms: LocalKms;
  readonly keyId: string;
  readonly way: ProviderWay;
  /** A provider for the world's key, as the local KMS's account unless told otherwise. */
  readonly make: (options?: KmsKeyOptions, target?: Partial<Target>) => KeyProvider;
}

/** Something that a KMS provider must do, whatever carries its requests. */
export interface ProviderCase {
  readonly name: string;
  readonly run: (world: CaseWorld) => Promise<void>;
}

const formatNames: readonly CounterFormatName[] = ['oss-crypto', 'client-side-encryption'];
const starts: Readonly<Record<CounterFormatName, Uint8Array>> = {
  'oss-crypto': new TextEncoder().encode('1234'),
  'client-side-encryption': Uint8Array.from({ length: 16 }, (_, index) => (index * 37 + 201) % 256),
};
/** Options under which failures are told at once. */
const atOnce: KmsKeyOptions = { retries: 0 };

function unwrapRequest(
  format: CounterFormatName,
  created: WrappedKey,
  signal?: AbortSignal,
): UnwrapKeyRequest {
  const { wrappedKey, wrappedStart } = created;
  return { format, wrapAlgorithm: 'kms', wrappedKey, wrappedStart, signal };
}

async function create(provider: KeyProvider, format: CounterFormatName): Promise<WrappedKey> {
  return provider.wrapKey({ format, start: starts[format] });
}

async function assertOpens(
  provider: KeyProvider,
  format: CounterFormatName,
  created: WrappedKey,
): Promise<void> {
  const opened = await provider.unwrapKey(unwrapRequest(format, created));
  deepStrictEqual(opened.key.bytes, created.key.bytes);
  deepStrictEqual(opened.start, starts[format]);
}

async function failure(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('It did not fail.');
}

async function serviceFailure(promise: Promise<unknown>, serviceCode: string): Promise<ServiceError> {
  const error = await failure(promise);
  ok(error instanceof ServiceError, `expected a ServiceError, got ${error}`);
  strictEqual(error.serviceCode, serviceCode);
  strictEqual(error.service, 'KMS');
  ok(error.message.includes(serviceCode));
  return error;
}

async function transportFailure(promise: Promise<unknown>, retryable: boolean): Promise<TransportError> {
  const error = await failure(promise);
  ok(error instanceof TransportError, `expected a TransportError, got ${error}`);
  strictEqual(error.retryable, retryable);
  return error;
}

const plumbing = /^(?:Action|Format|Timestamp|Version|Signature.*|AccessKeyId|SecurityToken)$/;

/** The parameters of KMS's own in the requests, without those of signing. */
function businessParameters(kms: LocalKms, action: string): Record<string, string>[] {
  return kms.requests
    .of(action)
    .map(({ parameters }) =>
      Object.fromEntries(Object.entries(parameters).filter(([name]) => !plumbing.test(name))),
    );
}

const roundTrips: readonly ProviderCase[] = formatNames.flatMap((format) => [
  {
    name: `${format}: what it wraps it opens, blobs verbatim`,
    run: async ({ kms, make }) => {
      const provider = make();
      strictEqual(provider.wraps[format], 'kms');
      deepStrictEqual(provider.unwraps, ['kms']);
      const created = await create(provider, format);
      strictEqual(created.key.bytes.length, 32);
      await assertOpens(provider, format, created);
      // The header is base64 of these bytes, so it is the CiphertextBlob itself.
      deepStrictEqual(
        new Set(businessParameters(kms, 'Decrypt').map(({ CiphertextBlob }) => CiphertextBlob)),
        new Set([encodeBase64(created.wrappedKey), encodeBase64(created.wrappedStart!)]),
      );
      // A blob of the shared KMS decodes to a UUID and base64.
      ok(/^[0-9a-f-]{36}[A-Za-z0-9+/]+=*$/.test(new TextDecoder().decode(created.wrappedKey)));
    },
  },
  {
    name: `${format}: two requests write, two read, with these parameters`,
    run: async ({ kms, keyId, make }) => {
      const provider = make();
      const created = await create(provider, format);
      deepStrictEqual([...kms.requests.actions].sort(), ['Encrypt', 'GenerateDataKey']);
      deepStrictEqual(businessParameters(kms, 'GenerateDataKey'), [
        { KeyId: keyId, KeySpec: 'AES_256', NumberOfBytes: '32' },
      ]);
      const plaintext = format === 'oss-crypto' ? '1234' : encodeBase64(starts[format]);
      deepStrictEqual(businessParameters(kms, 'Encrypt'), [{ KeyId: keyId, Plaintext: plaintext }]);
      strictEqual(kms.requests.of('Encrypt')[0]?.plaintextIsBase64, true);
      kms.requests.clear();
      await assertOpens(provider, format, created);
      deepStrictEqual(kms.requests.actions, ['Decrypt', 'Decrypt']);
      for (const parameters of businessParameters(kms, 'Decrypt')) {
        deepStrictEqual(Object.keys(parameters), ['CiphertextBlob']);
      }
    },
  },
  {
    name: `${format}: the data key is in no request`,
    run: async ({ kms, make }) => {
      const provider = make();
      const created = await create(provider, format);
      await assertOpens(provider, format, created);
      const key = encodeBase64(created.key.bytes);
      strictEqual(kms.requests.length, 4);
      for (const request of kms.requests) {
        const sent = `${decodeURIComponent(request.rawUrl)}${JSON.stringify(request.headers)}${Buffer.from(request.body)}`;
        ok(!sent.includes(key));
      }
    },
  },
  {
    name: `${format}: a passphrase becomes oss2's context, in every request`,
    run: async ({ kms, make }) => {
      const provider = make({ passphrase: 'open sesame +%2f 芝麻' });
      await assertOpens(provider, format, await create(provider, format));
      deepStrictEqual(
        [...kms.requests].map(({ parameters }) => parameters.EncryptionContext),
        Array(4).fill('{"x-passphrase":"open sesame +%2f 芝麻"}'),
      );
    },
  },
  {
    name: `${format}: a structured context is sent as one canonical text, in every request`,
    run: async ({ kms, make }) => {
      const provider = make({ encryptionContext: { project: 'π "1"\\', app: 'a&b=c', '10': 'x', '9': 'y' } });
      await assertOpens(provider, format, await create(provider, format));
      deepStrictEqual(
        [...kms.requests].map(({ parameters }) => parameters.EncryptionContext),
        Array(4).fill('{"9":"y","10":"x","app":"a&b=c","project":"π \\"1\\"\\\\"}'),
      );
      const reordered = make({
        encryptionContext: { '9': 'y', app: 'a&b=c', '10': 'x', project: 'π "1"\\' },
      });
      await assertOpens(reordered, format, await create(provider, format));
    },
  },
  {
    name: `${format}: another context, or none, does not open it`,
    run: async ({ kms, make }) => {
      const created = await create(make({ encryptionContext: { app: 'a' } }), format);
      const plain = await create(make(), format);
      kms.requests.clear();
      const tried: readonly (readonly [KmsKeyOptions, WrappedKey])[] = [
        [{ encryptionContext: { app: 'b' } }, created],
        [{}, created],
        [{ passphrase: 'a' }, created],
        [{ encryptionContext: { app: 'a' } }, plain],
      ];
      for (const [options, wrapped] of tried) {
        const error = await failure(make(options).unwrapKey(unwrapRequest(format, wrapped)));
        ok(error instanceof KeyUnwrapError);
        strictEqual(error.cause, undefined);
      }
      // The blobs' layering is certain, so none was asked for in two ways.
      strictEqual(kms.requests.length <= 2 * tried.length, true);
    },
  },
  {
    name: `${format}: blobs that were changed or are none do not open`,
    run: async ({ make }) => {
      const provider = make();
      const created = await create(provider, format);
      const changed = Uint8Array.from(created.wrappedKey);
      changed[changed.length - 5]! ^= 1;
      const blobs = [
        changed,
        Uint8Array.of(1, 2, 3),
        new TextEncoder().encode('no blob at all'),
        created.wrappedKey.subarray(8),
      ];
      for (const wrappedKey of blobs) {
        const request = unwrapRequest(format, { ...created, wrappedKey });
        ok((await failure(provider.unwrapKey(request))) instanceof KeyUnwrapError);
      }
    },
  },
]);

const currentFormat = 'client-side-encryption' as const;

const layerings: readonly ProviderCase[] = [
  {
    name: "oss2's layering is written on request, and read by every provider",
    run: async ({ kms, make }) => {
      const created = await create(make({ layering: 'oss2' }), currentFormat);
      const text = new TextDecoder().decode(created.wrappedKey);
      ok(decodeBase64(text) !== undefined, 'the bytes are a blob, in base64');
      kms.requests.clear();
      await assertOpens(make(), currentFormat, created);
      deepStrictEqual(kms.requests.actions, ['Decrypt', 'Decrypt']);
      // Key and start value are asked for at once, and their requests come in either order.
      const asked = businessParameters(kms, 'Decrypt').map(({ CiphertextBlob }) => CiphertextBlob);
      ok(asked.includes(text), 'the blob in base64 is what KMS is asked to open');
      await assertOpens(make({ layering: 'oss2' }), currentFormat, await create(make(), currentFormat));
    },
  },
  {
    name: 'oss-crypto has one layering, whatever is asked for',
    run: async ({ make }) => {
      const created = await create(make({ layering: 'oss2' }), 'oss-crypto');
      ok(new TextDecoder().decode(created.wrappedKey).includes('-'));
      await assertOpens(make(), 'oss-crypto', created);
    },
  },
  {
    name: 'blobs in neither shape are asked for in the other layering when KMS disowns them',
    run: async ({ kms, make }) => {
      const key = encodeBase64(new Uint8Array(32).fill(9));
      const start = encodeBase64(starts[currentFormat]);
      // Of another gateway: text that is not base64, which oss2 wrapped once more.
      kms.answers.set('key_blob-1', key).set('start_blob-1', start);
      const encoder = new TextEncoder();
      const request = {
        format: currentFormat,
        wrapAlgorithm: 'kms' as const,
        wrappedKey: encoder.encode('key_blob-1'),
        wrappedStart: encoder.encode('start_blob-1'),
      };
      deepStrictEqual((await make({ keyIds: 'any' }).unwrapKey(request)).start, starts[currentFormat]);
      strictEqual(kms.requests.length, 4);
      // Of another gateway: bytes that happen to look like base64, written as they are.
      const looksLikeText = {
        ...request,
        wrappedKey: encoder.encode('abcd'),
        wrappedStart: encoder.encode('efgh'),
      };
      kms.answers.set(encodeBase64(looksLikeText.wrappedKey), key);
      kms.answers.set(encodeBase64(looksLikeText.wrappedStart), start);
      kms.requests.clear();
      deepStrictEqual((await make({ keyIds: 'any' }).unwrapKey(looksLikeText)).start, starts[currentFormat]);
      strictEqual(kms.requests.length, 4);
      deepStrictEqual(
        new Set(businessParameters(kms, 'Decrypt').map(({ CiphertextBlob }) => CiphertextBlob)),
        new Set([
          'abcd',
          'efgh',
          encodeBase64(looksLikeText.wrappedKey),
          encodeBase64(looksLikeText.wrappedStart),
        ]),
      );
    },
  },
  {
    name: 'no other layering is tried for a missing permission or a broken connection',
    run: async ({ kms, make }) => {
      const wrapped = new TextEncoder().encode('key_blob-1');
      const request = {
        format: currentFormat,
        wrapAlgorithm: 'kms',
        wrappedKey: wrapped,
        wrappedStart: wrapped,
      } as const;
      const sent = (): unknown[] =>
        businessParameters(kms, 'Decrypt').map(({ CiphertextBlob }) => CiphertextBlob);
      kms.accounts.add({ ...defaultKmsAccount, deny: ['kms:Decrypt'] });
      await serviceFailure(make(atOnce).unwrapKey(request), 'Forbidden.NoPermission');
      ok(!sent().includes('key_blob-1'));
      kms.accounts.add(defaultKmsAccount);
      kms.faults.add({ kind: 'reset', times: Number.POSITIVE_INFINITY });
      await transportFailure(make(atOnce).unwrapKey(request), true);
      ok(!sent().includes('key_blob-1'));
    },
  },
];

const refusals: readonly ProviderCase[] = [
  {
    name: 'an unknown key and an unknown alias are told with what to do, and not asked for again',
    run: async ({ kms, make }) => {
      const keyId = '00000000-0000-4000-8000-000000000000';
      const error = await serviceFailure(create(make({ keyId }), 'oss-crypto'), 'Forbidden.KeyNotFound');
      strictEqual(error.status, 404);
      strictEqual(error.retryable, false);
      ok(
        error.requestId !== undefined &&
          [...kms.requests].some(({ requestId }) => requestId === error.requestId),
      );
      ok(error.message.includes('key id'));
      await serviceFailure(create(make({ keyId: 'alias/nobody' }), 'oss-crypto'), 'Forbidden.AliasNotFound');
      ok(kms.requests.length <= 4);
    },
  },
  {
    name: 'an alias names a key',
    run: async ({ kms, make }) => {
      await kms.createKey({ alias: 'alias/photos' });
      const provider = make({ keyId: 'alias/photos' });
      await assertOpens(provider, 'oss-crypto', await create(provider, 'oss-crypto'));
    },
  },
  {
    name: 'a disabled key and one about to be deleted neither write nor read',
    run: async ({ kms, keyId, make }) => {
      const created = await create(make(), currentFormat);
      const uses = [
        (): Promise<unknown> => create(make(), currentFormat),
        (): Promise<unknown> => make().unwrapKey(unwrapRequest(currentFormat, created)),
      ];
      kms.keys.disable(keyId);
      for (const use of uses) {
        const error = await serviceFailure(use(), 'Rejected.Disabled');
        strictEqual(error.status, 409);
        ok(error.message.includes('enable it'));
      }
      kms.keys.enable(keyId);
      kms.keys.scheduleDeletion(keyId, 7);
      for (const use of uses) {
        ok((await serviceFailure(use(), 'Rejected.PendingDeletion')).message.includes('cancel its deletion'));
      }
    },
  },
  {
    name: 'the least permissions suffice: two to write, one to read',
    run: async ({ kms, make }) => {
      kms.accounts.add({ ...defaultKmsAccount, allow: ['kms:GenerateDataKey', 'kms:Encrypt'] });
      const created = await create(make(), currentFormat);
      const unread = make().unwrapKey(unwrapRequest(currentFormat, created));
      const error = await serviceFailure(unread, 'Forbidden.NoPermission');
      strictEqual(error.status, 403);
      ok(error.message.includes('kms:Decrypt'));
      kms.accounts.add({ ...defaultKmsAccount, allow: ['kms:Decrypt'] });
      await assertOpens(make(), currentFormat, created);
      const unwritten = await serviceFailure(create(make(), currentFormat), 'Forbidden.NoPermission');
      ok(unwritten.message.includes('kms:GenerateDataKey'));
    },
  },
  {
    name: 'credentials that are unknown, wrong, expired or without their token',
    run: async ({ kms, make }) => {
      const sts = { accessKeyId: 'STS.id', accessKeySecret: 'sts-secret', securityToken: 'sts+token/=' };
      kms.accounts.add(sts);
      kms.accounts.add({ ...sts, accessKeyId: 'STS.old', expiresAt: new Date(0) });
      const as = (credentials: NonNullable<Target['credentials']>): Promise<unknown> =>
        create(make({}, { credentials }), currentFormat);
      await as(sts);
      const { securityToken: _token, ...withoutToken } = sts;
      await serviceFailure(as(withoutToken), 'MissingSecurityToken');
      await serviceFailure(as({ ...sts, accessKeyId: 'STS.old' }), 'InvalidSecurityToken.Expired');
      await serviceFailure(
        as({ ...sts, securityToken: 'other' }),
        'InvalidSecurityToken.MismatchWithAccessKey',
      );
      await serviceFailure(
        as({ ...defaultKmsAccount, accessKeyId: 'nobody' }),
        'InvalidAccessKeyId.NotFound',
      );
      const error = await serviceFailure(
        as({ ...defaultKmsAccount, accessKeySecret: 'wrong' }),
        'SignatureDoesNotMatch',
      );
      ok(error.message.includes('Check the access key id'));
    },
  },
  {
    name: 'id, secret and token of one request are of one issue, however fast they rotate',
    run: async ({ kms, make }) => {
      let issue = 0;
      const next = (): Credentials => {
        issue += 1;
        return {
          accessKeyId: `STS.${issue}`,
          accessKeySecret: `secret-${issue}`,
          securityToken: `token-${issue}`,
        };
      };
      for (let number = 1; number <= 400; number++) {
        kms.accounts.add({
          accessKeyId: `STS.${number}`,
          accessKeySecret: `secret-${number}`,
          securityToken: `token-${number}`,
        });
      }
      const provider = make(atOnce, {
        credentials: {
          getCredential: async () => next(),
          getAccessKeyId: async () => next().accessKeyId,
          getAccessKeySecret: async () => next().accessKeySecret,
          getSecurityToken: async () => next().securityToken,
        } as { getCredential(): Promise<object> },
      });
      await Promise.all(Array.from({ length: 5 }, () => create(provider, currentFormat)));
      for (let round = 0; round < 3; round++) await create(provider, currentFormat);
      strictEqual(kms.requests.length, 16);
      ok([...kms.requests].every(({ status }) => status === 200));
      ok(issue >= 4);
    },
  },
  {
    name: 'a provider without a key only reads',
    run: async ({ kms, make }) => {
      const created = await create(make(), currentFormat);
      const reader = make({ keyId: undefined });
      deepStrictEqual(reader.wraps, {});
      await assertOpens(reader, currentFormat, created);
      kms.requests.clear();
      await rejects(create(reader, currentFormat), MasterKeyError);
      strictEqual(kms.requests.length, 0);
    },
  },
];

const troubles: readonly ProviderCase[] = [
  {
    name: 'throttling, 5xx, resets and garbage are overcome by waiting longer each time',
    run: async ({ kms, make }) => {
      const delaysMs: number[] = [];
      const options: KmsKeyOptions = {
        retries: 4,
        random: () => 0.5,
        sleep: async (delayMs) => {
          delaysMs.push(delayMs);
        },
      };
      const created = await create(make(options), currentFormat);
      for (const fault of [
        { kind: 'throttle' },
        { kind: 'status', status: 503 },
        { kind: 'reset' },
        { kind: 'garbage', status: 502 },
      ] as const) {
        kms.faults.add({ ...fault, action: 'GenerateDataKey' });
      }
      kms.requests.clear();
      await assertOpens(make(options), currentFormat, await create(make(options), currentFormat));
      strictEqual(kms.requests.of('GenerateDataKey').length, 5);
      strictEqual(kms.requests.of('Encrypt').length, 1);
      deepStrictEqual(delaysMs, [100, 200, 400, 800]);
      ok(created.wrappedKey.length > 0);
    },
  },
  {
    name: 'throttled beyond all retries',
    run: async ({ kms, make }) => {
      kms.faults.add({ kind: 'throttle', action: 'GenerateDataKey', times: Number.POSITIVE_INFINITY });
      const provider = make({ retries: 2, sleep: async () => {} });
      const error = await serviceFailure(create(provider, currentFormat), 'Rejected.Throttling');
      strictEqual(error.status, 429);
      strictEqual(error.retryable, true);
      ok(error.message.includes('after 3 attempts'));
      strictEqual(kms.requests.of('GenerateDataKey').length, 3);
    },
  },
  {
    name: '5xx beyond all retries',
    run: async ({ kms, make }) => {
      kms.faults.add({ kind: 'status', status: 500, action: 'Encrypt', times: Number.POSITIVE_INFINITY });
      const error = await serviceFailure(
        create(make({ retries: 1, sleep: async () => {} }), currentFormat),
        'InternalFailure',
      );
      strictEqual(error.status, 500);
      strictEqual(error.retryable, true);
      strictEqual(kms.requests.of('Encrypt').length, 2);
    },
  },
  {
    name: 'the first failure stops the retries of the other request',
    run: async ({ kms, make }) => {
      kms.faults.add({ kind: 'throttle', action: 'Encrypt', times: Number.POSITIVE_INFINITY });
      kms.faults.add({ kind: 'throttle', action: 'GenerateDataKey', times: 2 });
      kms.faults.add({
        kind: 'status',
        status: 403,
        code: 'Forbidden.NoPermission',
        action: 'GenerateDataKey',
      });
      const provider = make({ retries: 20, sleep: (_delayMs, signal) => sleep(10, signal) });
      await serviceFailure(create(provider, currentFormat), 'Forbidden.NoPermission');
      await sleep(40);
      const sent = kms.requests.of('Encrypt').length;
      ok(sent >= 2 && sent <= 5, `${sent} requests`);
      await sleep(60);
      strictEqual(kms.requests.of('Encrypt').length, sent);
    },
  },
  {
    name: 'a service that does not answer, or not there',
    run: async ({ kms, make }) => {
      kms.faults.add({ kind: 'stall', times: 2 });
      const error = await transportFailure(create(make({ ...atOnce, timeoutMs: 80 }), currentFormat), true);
      ok(error.message.includes('80 ms') || error.message.includes('in time'));
      await kms.close();
      const gone = await transportFailure(create(make(atOnce), currentFormat), true);
      ok(gone.message.includes('could not be reached'));
    },
  },
  {
    name: 'half an answer, and an answer that never ends',
    run: async ({ kms, make }) => {
      kms.faults.add({ kind: 'truncate', times: Number.POSITIVE_INFINITY });
      await transportFailure(create(make({ ...atOnce, timeoutMs: 500 }), currentFormat), true);
    },
  },
  {
    name: 'a page of HTML',
    run: async ({ kms, make }) => {
      for (const status of [200, 502]) {
        kms.faults.clear();
        kms.faults.add({ kind: 'garbage', status, times: Number.POSITIVE_INFINITY });
        const error = await transportFailure(create(make(atOnce), currentFormat), true);
        ok(error.message.includes('not JSON'));
        ok(!error.message.includes('html'));
      }
    },
  },
  {
    name: 'answers without what they should give',
    run: async ({ kms, make }) => {
      const created = await create(make(), currentFormat);
      const read = (): Promise<unknown> => make().unwrapKey(unwrapRequest(currentFormat, created));
      const write = (): Promise<unknown> => create(make(), currentFormat);
      const tried = [
        ['GenerateDataKey', 'Plaintext', write],
        ['GenerateDataKey', 'CiphertextBlob', write],
        ['Encrypt', 'CiphertextBlob', write],
        ['Decrypt', 'Plaintext', read],
      ] as const;
      for (const [action, field, act] of tried) {
        // All of them: a request that the failure before gave up may arrive late.
        kms.faults.clear();
        kms.faults.add({
          kind: 'missing-fields',
          action,
          fields: [field],
          times: Number.POSITIVE_INFINITY,
        });
        const error = await transportFailure(act(), false);
        ok(error.message.includes(`${field} is missing`), error.message);
        ok(error.message.includes(action));
      }
    },
  },
  {
    name: 'answers whose members are not what they should be',
    run: async ({ kms, make }) => {
      const tried = [
        ['GenerateDataKey', { Plaintext: 'not base64!' }],
        ['GenerateDataKey', { Plaintext: { nested: true } }],
        ['GenerateDataKey', { CiphertextBlob: 'not base64!' }],
        ['Encrypt', { CiphertextBlob: 7 }],
      ] as const;
      for (const [action, fields] of tried) {
        kms.faults.clear();
        kms.faults.add({ kind: 'replace-fields', action, fields, times: Number.POSITIVE_INFINITY });
        await transportFailure(create(make(), currentFormat), false);
      }
      for (const lengthBytes of [0, 16, 31, 33]) {
        kms.faults.clear();
        kms.faults.add({
          kind: 'wrong-key-length',
          action: 'GenerateDataKey',
          lengthBytes,
          times: Number.POSITIVE_INFINITY,
        });
        await transportFailure(create(make(), currentFormat), false);
      }
    },
  },
  {
    name: 'an unwrapped value that is not base64 is no key and no start value',
    run: async ({ kms, make }) => {
      const created = await create(make(), currentFormat);
      for (const skip of [0, 1]) {
        kms.faults.add({ kind: 'replace-fields', action: 'Decrypt', fields: { Plaintext: '12 34' }, skip });
        const opening = make().unwrapKey(unwrapRequest(currentFormat, created));
        ok((await failure(opening)) instanceof KeyUnwrapError);
      }
    },
  },
];

const aborts: readonly ProviderCase[] = [
  {
    name: 'an abort ends a call with its reason, before, during and between requests',
    run: async ({ kms, make }) => {
      const reason = new Error('enough');
      const start = starts[currentFormat];
      await rejects(
        make().wrapKey({ format: currentFormat, start, signal: AbortSignal.abort(reason) }),
        (error) => error === reason,
      );
      strictEqual(kms.requests.length, 0);

      kms.faults.add({ kind: 'stall', times: 2 });
      const stalled = new AbortController();
      const stalling = make().wrapKey({ format: currentFormat, start, signal: stalled.signal });
      setTimeout(() => stalled.abort(reason), 60);
      await rejects(stalling, (error) => error === reason);

      kms.faults.clear();
      kms.faults.add({ kind: 'throttle', times: Number.POSITIVE_INFINITY });
      const waiting = new AbortController();
      const sleeping = make({ retries: 20 }).wrapKey({
        format: currentFormat,
        start,
        signal: waiting.signal,
      });
      setTimeout(() => waiting.abort(reason), 60);
      await rejects(sleeping, (error) => error === reason);
      // What was on its way still arrives.
      await sleep(50);
      const sent = kms.requests.length;
      await sleep(150);
      strictEqual(kms.requests.length, sent);
    },
  },
];

const caches: readonly ProviderCase[] = [
  {
    name: 'a thousand ranges of one object cost two requests with the cache, two thousand without',
    run: async ({ kms, make }) => {
      const created = await create(make(), currentFormat);
      kms.requests.clear();
      const cached = make({ cache: {} });
      for (let batch = 0; batch < 10; batch++) {
        await Promise.all(Array.from({ length: 100 }, () => assertOpens(cached, currentFormat, created)));
      }
      strictEqual(kms.requests.length, 2);
      await assertOpens(make(), currentFormat, created);
      await assertOpens(make(), currentFormat, created);
      strictEqual(kms.requests.length, 6);
    },
  },
  {
    name: 'the cache serves its own provider and the same request only, and no failure',
    run: async ({ kms, make }) => {
      const created = await create(make(), currentFormat);
      const other = await create(make(), currentFormat);
      const cached = make({ cache: { maxEntries: 1 } });
      await assertOpens(cached, currentFormat, created);
      kms.requests.clear();
      await assertOpens(make({ cache: {} }), currentFormat, created);
      strictEqual(kms.requests.length, 2);
      await assertOpens(cached, currentFormat, other);
      strictEqual(kms.requests.length, 4);
      await assertOpens(cached, currentFormat, created);
      strictEqual(kms.requests.length, 6);
      // The start of one object beside the key of another is another request.
      await cached.unwrapKey(unwrapRequest(currentFormat, { ...created, wrappedStart: other.wrappedStart }));
      strictEqual(kms.requests.length, 8);
      kms.faults.add({ kind: 'status', status: 403, code: 'Forbidden.NoPermission', times: 2 });
      const refused = { ...created, wrappedStart: created.wrappedKey };
      await serviceFailure(cached.unwrapKey(unwrapRequest(currentFormat, refused)), 'Forbidden.NoPermission');
      kms.faults.clear();
      await cached.unwrapKey(unwrapRequest(currentFormat, refused));
    },
  },
];

const passphrases: readonly ProviderCase[] = [
  {
    name: 'a passphrase that JSON would escape is sent as it is, or refused at once',
    run: async ({ kms, way, make }) => {
      const tried = ['back\\slash', 'line\nfeed', 'un"finished'];
      for (const passphrase of tried) {
        if (way.needsContextObject) {
          const error = await failure((async () => make({ passphrase }))());
          ok(error instanceof InvalidArgumentError);
          strictEqual(error.argument, 'passphrase');
          ok(!error.message.includes(passphrase));
        } else {
          // Whether KMS takes it is its own matter.
          await create(make({ passphrase }), currentFormat).catch(() => {});
        }
      }
      await sleep(30);
      deepStrictEqual(
        [...new Set([...kms.requests].map(({ parameters }) => parameters.EncryptionContext))],
        way.needsContextObject ? [] : tried.map((passphrase) => `{"x-passphrase":"${passphrase}"}`),
      );
    },
  },
];

/** All cases, in the order of their telling. */
export const providerCases: readonly ProviderCase[] = [
  ...roundTrips,
  ...layerings,
  ...passphrases,
  ...refusals,
  ...troubles,
  ...aborts,
  ...caches,
];

type Credentials = { accessKeyId: string; accessKeySecret: string; securityToken: string };
