import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type KmsOptions, type LocalKms, startKms } from '../src/kms/control/start-kms.js';
import { defaultKmsAccount } from '../src/kms/signatures/kms-account.js';
import { clientFor, K, type KmsClient, refusal } from './alicloud-kms.js';

let kms: LocalKms;
let client: KmsClient;

async function start(options?: KmsOptions): Promise<void> {
  await kms?.close();
  kms = await startKms(options);
  client = clientFor(kms, options?.accounts?.[0]);
}

const tooLong = `alias/${'x'.repeat(256)}`;

const encrypt = (map: Record<string, unknown>) => client.encrypt(new K.EncryptRequest(map));
const decrypt = (map: Record<string, unknown>) => client.decrypt(new K.DecryptRequest(map));
const dataKey = (map: Record<string, unknown>) => client.generateDataKey(new K.GenerateDataKeyRequest(map));

beforeEach(() => start());
afterEach(() => kms.close());

describe('data keys', () => {
  it.each([
    [{}, 32],
    [{ keySpec: 'AES_256' }, 32],
    [{ keySpec: 'AES_128' }, 16],
    [{ keySpec: 'AES_128', numberOfBytes: 32 }, 32],
    [{ numberOfBytes: 1 }, 1],
    [{ numberOfBytes: 1024 }, 1024],
  ])('GenerateDataKey with %o makes %i bytes that Decrypt gives back', async (map, lengthBytes) => {
    const keyId = await kms.createKey();
    const made = await dataKey({ keyId, ...map });
    expect(Buffer.from(made.plaintext, 'base64')).toHaveLength(lengthBytes);
    expect(made.keyId).toBe(keyId);
    const opened = await decrypt({ ciphertextBlob: made.ciphertextBlob });
    expect(opened).toMatchObject({
      plaintext: made.plaintext,
      keyId,
      keyVersionId: made.keyVersionId,
    });
  });

  it('are never the same twice', async () => {
    const keyId = await kms.createKey();
    const [a, b] = [await dataKey({ keyId }), await dataKey({ keyId })];
    expect(a.plaintext).not.toBe(b.plaintext);
    expect(a.ciphertextBlob).not.toBe(b.ciphertextBlob);
  });

  it('GenerateDataKeyWithoutPlaintext withholds the plaintext', async () => {
    const keyId = await kms.createKey();
    const made = await client.generateDataKeyWithoutPlaintext(
      new K.GenerateDataKeyWithoutPlaintextRequest({ keyId, keySpec: 'AES_128' }),
    );
    expect(made).not.toHaveProperty('plaintext');
    const opened = await decrypt({ ciphertextBlob: made.ciphertextBlob });
    expect(Buffer.from(opened.plaintext, 'base64')).toHaveLength(16);
  });

  it.each([{ keySpec: 'AES_192' }, { numberOfBytes: 0 }, { numberOfBytes: 1025 }, { numberOfBytes: -1 }])(
    'GenerateDataKey refuses %o',
    async (map) => {
      expect(await refusal(dataKey({ keyId: await kms.createKey(), ...map }))).toBe('400 InvalidParameter');
    },
  );
});

describe('Encrypt and Decrypt', () => {
  it.each(['8', '1234', 'aGVsbG8rLz8=', '中文 ~*&=+%', `{"a":1}`])(
    'give the text %j back as it was',
    async (plaintext) => {
      const sealed = await encrypt({ keyId: await kms.createKey(), plaintext });
      expect((await decrypt({ ciphertextBlob: sealed.ciphertextBlob })).plaintext).toBe(plaintext);
    },
  );

  it('make blobs of the real outer shape', async () => {
    const sealed = await encrypt({ keyId: await kms.createKey(), plaintext: '8' });
    const outer = Buffer.from(sealed.ciphertextBlob, 'base64').toString('latin1');
    expect(outer.slice(0, 36)).toBe(sealed.keyVersionId);
    const inner = Buffer.from(outer.slice(36), 'base64');
    expect(inner.toString('base64')).toBe(outer.slice(36));
    expect(inner).toHaveLength(32 + 1 + 16);
    expect(inner.subarray(24, 32)).toEqual(Buffer.alloc(8));
  });

  it('record whether the plaintext was base64', async () => {
    const keyId = await kms.createKey();
    await encrypt({ keyId, plaintext: '1234' });
    await encrypt({ keyId, plaintext: '8' });
    expect(kms.requests.of('Encrypt').map((entry) => entry.plaintextIsBase64)).toEqual([true, false]);
  });

  it('refuse a plaintext that is not base64 when asked to', async () => {
    await start({ requireBase64Plaintext: true });
    const keyId = await kms.createKey();
    expect(await refusal(encrypt({ keyId, plaintext: '8' }))).toBe('400 InvalidParameter');
    expect(await refusal(encrypt({ keyId, plaintext: '1234' }))).toBe('not refused');
  });

  it('take 6 KB and no more', async () => {
    const keyId = await kms.createKey();
    const plaintext = Buffer.alloc(6144, 'x').toString('base64');
    const sealed = await encrypt({ keyId, plaintext });
    expect((await decrypt({ ciphertextBlob: sealed.ciphertextBlob })).plaintext).toBe(plaintext);
    const tooLong = Buffer.alloc(6145, 'x').toString('base64');
    expect(await refusal(encrypt({ keyId, plaintext: tooLong }))).toBe('400 InvalidParameter');
  });

  it('go on after rotation, each blob under its own version', async () => {
    const keyId = await kms.createKey();
    const before = await encrypt({ keyId, plaintext: 'old' });
    kms.keys.rotate(keyId);
    const after = await encrypt({ keyId, plaintext: 'new' });
    expect(after.keyVersionId).not.toBe(before.keyVersionId);
    expect((await decrypt({ ciphertextBlob: before.ciphertextBlob })).plaintext).toBe('old');
    expect((await decrypt({ ciphertextBlob: after.ciphertextBlob })).plaintext).toBe('new');
  });

  it('refuse a blob with any byte changed, dropped or added', async () => {
    const { ciphertextBlob } = await encrypt({ keyId: await kms.createKey(), plaintext: 'text' });
    const outer = Buffer.from(ciphertextBlob, 'base64').toString('latin1');
    const inner = Buffer.from(outer.slice(36), 'base64');
    const pack = (bytes: Uint8Array) =>
      Buffer.from(outer.slice(0, 36) + Buffer.from(bytes).toString('base64'), 'latin1').toString('base64');
    expect(pack(inner)).toBe(ciphertextBlob);
    for (let index = 0; index < inner.length; index += 1) {
      const changed = Uint8Array.from(inner);
      changed[index] = inner[index]! ^ 1;
      expect(await refusal(decrypt({ ciphertextBlob: pack(changed) }))).toBe('400 InvalidParameter');
    }
    expect(await refusal(decrypt({ ciphertextBlob: pack(inner.subarray(0, -1)) }))).toBe(
      '400 InvalidParameter',
    );
    expect(await refusal(decrypt({ ciphertextBlob: pack(Buffer.concat([inner, inner])) }))).toBe(
      '400 InvalidParameter',
    );
  });

  it.each(['x', '@@@@', 'AAAA', '中文', Buffer.from('f'.repeat(80)).toString('base64'), 'abcd'.repeat(20)])(
    'refuse %j, which is no blob',
    async (ciphertextBlob) => {
      expect(await refusal(decrypt({ ciphertextBlob }))).toBe('400 InvalidParameter');
    },
  );

  it('refuse a blob of another KMS', async () => {
    const other = await startKms();
    try {
      const keyId = await other.createKey();
      const version = other.keys.describe(keyId).primaryVersionId;
      const foreign = Buffer.from(version + Buffer.alloc(49).toString('base64')).toString('base64');
      expect(await refusal(decrypt({ ciphertextBlob: foreign }))).toBe('404 Forbidden.KeyNotFound');
    } finally {
      await other.close();
    }
  });

  it('answer from a record when one is given', async () => {
    kms.answers.set('bm90IG91cnM=', '8');
    kms.answers.set('cmVjb3JkZWQ=', { plaintext: 'p', encryptionContext: '{"a":"1","b":"2"}' });
    expect((await decrypt({ ciphertextBlob: 'bm90IG91cnM=' })).plaintext).toBe('8');
    const encryptionContext = '{"b":"2","a":"1"}';
    const recorded = await decrypt({ ciphertextBlob: 'cmVjb3JkZWQ=', encryptionContext });
    expect(recorded.plaintext).toBe('p');
    expect(await refusal(decrypt({ ciphertextBlob: 'cmVjb3JkZWQ=' }))).toBe('400 InvalidParameter');
  });
});

describe('encryption context', () => {
  const context = '{"b":"2","a":"1"}';

  it.each([
    [context, '{ "a":"1", "b":"2" }'],
    ['{"x-passphrase":"secret"}', '{"x-passphrase":"secret"}'],
    ['{"__proto__":"x"}', '{"__proto__":"x"}'],
    ['{}', undefined],
    [undefined, '{}'],
    ['', undefined],
    [undefined, ''],
  ])('%j opens with %j', async (sealing, opening) => {
    const keyId = await kms.createKey();
    const made = await Promise.all([
      dataKey({ keyId, encryptionContext: sealing }),
      encrypt({ keyId, plaintext: 'x', encryptionContext: sealing }),
    ]);
    for (const { ciphertextBlob } of made) {
      expect(await refusal(decrypt({ ciphertextBlob, encryptionContext: opening }))).toBe('not refused');
    }
  });

  it.each([
    [context, undefined],
    [context, '{"a":"1"}'],
    [context, '{"a":"2","b":"1"}'],
    [context, '{"a":"1","b":"2","c":""}'],
    [undefined, context],
    ['{"a":"1"}', '{"A":"1"}'],
    ['{"__proto__":"x"}', undefined],
  ])('%j does not open with %j', async (sealing, opening) => {
    const keyId = await kms.createKey();
    const { ciphertextBlob } = await dataKey({ keyId, encryptionContext: sealing });
    expect(await refusal(decrypt({ ciphertextBlob, encryptionContext: opening }))).toBe(
      '400 InvalidParameter',
    );
  });

  it.each(['[]', '[{"a":"1"}]', '{"a":1}', '{"a":null}', '{"a":["1"]}', '"a"', 'null', '{', 'x'])(
    '%s is refused',
    async (encryptionContext) => {
      const keyId = await kms.createKey();
      expect(await refusal(dataKey({ keyId, encryptionContext }))).toBe('400 InvalidParameter');
      expect(await refusal(encrypt({ keyId, plaintext: 'x', encryptionContext }))).toBe(
        '400 InvalidParameter',
      );
    },
  );

  it('is 8192 characters at most', async () => {
    const keyId = await kms.createKey();
    const of = (length: number) => JSON.stringify({ a: 'x'.repeat(length - 8) });
    expect(await refusal(dataKey({ keyId, encryptionContext: of(8192) }))).toBe('not refused');
    expect(await refusal(dataKey({ keyId, encryptionContext: of(8193) }))).toBe('400 InvalidParameter');
  });

  it('given to this client as an object is not sent as a context', async () => {
    const keyId = await kms.createKey();
    const { ciphertextBlob } = await dataKey({ keyId, encryptionContext: { a: '1' } });
    expect(kms.requests.last?.parameters['EncryptionContext.a']).toBe('1');
    expect(await refusal(decrypt({ ciphertextBlob }))).toBe('not refused');
  });
});

describe('keys', () => {
  it('are created, described and listed', async () => {
    const created = await client.createKey(new K.CreateKeyRequest({ description: 'photos' }));
    const { keyId } = created.keyMetadata;
    const described = await client.describeKey(new K.DescribeKeyRequest({ keyId }));
    expect(described.keyMetadata).toEqual(created.keyMetadata);
    expect(described.keyMetadata).toMatchObject({
      keyState: 'Enabled',
      description: 'photos',
      keySpec: 'Aliyun_AES_256',
      deleteDate: '',
      arn: `acs:kms:cn-hangzhou:1234567890123456:key/${keyId}`,
    });
    const others = [await kms.createKey(), await kms.createKey()];
    const page = await client.listKeys(new K.ListKeysRequest({ pageNumber: 2, pageSize: 2 }));
    expect(page).toMatchObject({ totalCount: 3, pageNumber: 2, pageSize: 2 });
    expect(page.keys.key.map((key) => key.keyId)).toEqual([others[1]]);
  });

  it('are named by id, alias or ARN', async () => {
    const keyId = await kms.createKey({ alias: 'alias/photos' });
    const names = [keyId, 'alias/photos', kms.keys.describe(keyId).arn, kms.keys.listAliases()[0]!.arn];
    for (const name of names) expect((await dataKey({ keyId: name })).keyId).toBe(keyId);
  });

  it.each([
    ['b2ac5e60-92c9-4b8e-a3b7-2d8f2b1a6f10', '404 Forbidden.KeyNotFound'],
    ['key/../x', '404 Forbidden.KeyNotFound'],
    ['alias/none', '404 Forbidden.AliasNotFound'],
    ['acs:kms:cn-hangzhou:1234567890123456:key/none', '404 Forbidden.KeyNotFound'],
    ['', '400 MissingParameter'],
    [undefined, '400 MissingParameter'],
  ])('%j is answered %s', async (keyId, answer) => {
    expect(await refusal(dataKey({ keyId }))).toBe(answer);
    expect(await refusal(encrypt({ keyId, plaintext: 'x' }))).toBe(answer);
    expect(await refusal(client.describeKey(new K.DescribeKeyRequest({ keyId })))).toBe(answer);
  });

  it('that are disabled neither encrypt nor decrypt, until enabled', async () => {
    const keyId = await kms.createKey();
    const { ciphertextBlob } = await dataKey({ keyId });
    await client.disableKey(new K.DisableKeyRequest({ keyId }));
    for (const call of [
      () => dataKey({ keyId }),
      () => encrypt({ keyId, plaintext: 'x' }),
      () => decrypt({ ciphertextBlob }),
    ]) {
      expect(await refusal(call())).toBe('409 Rejected.Disabled');
    }
    await client.enableKey(new K.EnableKeyRequest({ keyId }));
    expect(await refusal(decrypt({ ciphertextBlob }))).toBe('not refused');
  });

  it('that are to be deleted do nothing, come back when that is cancelled, and are gone in the end', async () => {
    let nowMs = Date.now();
    await start({ now: () => nowMs });
    const keyId = await kms.createKey({ alias: 'alias/a' });
    const { ciphertextBlob } = await dataKey({ keyId });
    const schedule = () =>
      client.scheduleKeyDeletion(new K.ScheduleKeyDeletionRequest({ keyId, pendingWindowInDays: 7 }));
    await schedule();
    const described = await client.describeKey(new K.DescribeKeyRequest({ keyId }));
    expect(described.keyMetadata.keyState).toBe('PendingDeletion');
    expect(Date.parse(described.keyMetadata.deleteDate)).toBeGreaterThan(nowMs);
    expect(await refusal(decrypt({ ciphertextBlob }))).toBe('409 Rejected.PendingDeletion');
    expect(await refusal(dataKey({ keyId }))).toBe('409 Rejected.PendingDeletion');
    for (const call of [
      schedule,
      () => client.enableKey(new K.EnableKeyRequest({ keyId })),
      () => client.disableKey(new K.DisableKeyRequest({ keyId })),
      () => client.createAlias(new K.CreateAliasRequest({ keyId, aliasName: 'alias/b' })),
    ]) {
      expect(await refusal(call())).toBe('409 Rejected.StateModifiedFailed');
    }
    const cancel = () => client.cancelKeyDeletion(new K.CancelKeyDeletionRequest({ keyId }));
    await cancel();
    expect(await refusal(decrypt({ ciphertextBlob }))).toBe('not refused');
    expect(await refusal(cancel())).toBe('409 Rejected.StateModifiedFailed');
    await schedule();
    // The client's clock does not move with the server's, so the key is looked at from inside.
    nowMs += 7 * 24 * 60 * 60 * 1000;
    expect(kms.keys.list()).toEqual([]);
    expect(kms.keys.listAliases()).toEqual([]);
    nowMs = Date.now();
    expect(await refusal(decrypt({ ciphertextBlob }))).toBe('404 Forbidden.KeyNotFound');
  });

  it.each([6, 367, 0])('cannot be scheduled for deletion in %i days', async (pendingWindowInDays) => {
    const request = new K.ScheduleKeyDeletionRequest({ keyId: await kms.createKey(), pendingWindowInDays });
    expect(await refusal(client.scheduleKeyDeletion(request))).toBe('400 InvalidParameter');
  });
});

describe('aliases', () => {
  it('are created, listed, moved and deleted', async () => {
    const [one, two] = [await kms.createKey(), await kms.createKey()];
    await client.createAlias(new K.CreateAliasRequest({ keyId: one, aliasName: 'alias/a/b_c-1' }));
    await client.createAlias(new K.CreateAliasRequest({ keyId: two, aliasName: 'alias/second' }));
    const all = await client.listAliases(new K.ListAliasesRequest({}));
    expect(all.aliases.alias.map((alias) => [alias.aliasName, alias.keyId])).toEqual([
      ['alias/a/b_c-1', one],
      ['alias/second', two],
    ]);
    await client.updateAlias(new K.UpdateAliasRequest({ keyId: two, aliasName: 'alias/a/b_c-1' }));
    const ofTwo = await client.listAliasesByKeyId(new K.ListAliasesByKeyIdRequest({ keyId: two }));
    expect(ofTwo.totalCount).toBe(2);
    const remove = () => client.deleteAlias(new K.DeleteAliasRequest({ aliasName: 'alias/second' }));
    await remove();
    expect(await refusal(remove())).toBe('404 Forbidden.AliasNotFound');
    expect((await client.listAliases(new K.ListAliasesRequest({}))).totalCount).toBe(1);
  });

  it.each(['photos', 'alias/', 'alias/a b', 'alias/acs/x', tooLong])(
    'cannot be called %.20s',
    async (aliasName) => {
      const request = new K.CreateAliasRequest({ keyId: await kms.createKey(), aliasName });
      expect(await refusal(client.createAlias(request))).toBe('400 InvalidParameter');
    },
  );

  it('are unique', async () => {
    const keyId = await kms.createKey({ alias: 'alias/a' });
    const request = new K.CreateAliasRequest({ keyId, aliasName: 'alias/a' });
    expect(await refusal(client.createAlias(request))).toBe('400 AliasAlreadyExists');
  });
});

describe('accounts', () => {
  const account = { accessKeyId: 'id', accessKeySecret: 'secret' };

  it('that are not known, or sign with another secret, are refused', async () => {
    client = clientFor(kms, { accessKeyId: 'nobody', accessKeySecret: 'x' });
    expect(await refusal(dataKey({ keyId: 'x' }))).toBe('404 InvalidAccessKeyId.NotFound');
    client = clientFor(kms, { ...defaultKmsAccount, accessKeySecret: 'x' });
    expect(await refusal(dataKey({ keyId: 'x' }))).toBe('400 SignatureDoesNotMatch');
  });

  it('with a security token must send exactly it, in time', async () => {
    const token = 'STSTOKEN+/=';
    const nowMs = Date.now();
    const expiresAt = new Date(nowMs + 60_000);
    let serverMs = nowMs;
    await start({ accounts: [{ ...account, securityToken: token, expiresAt }], now: () => serverMs });
    const keyId = await kms.createKey();
    expect(await refusal(dataKey({ keyId }))).toBe('not refused');
    expect(kms.requests.last?.parameters.SecurityToken).toBe(token);
    client = clientFor(kms, account);
    expect(await refusal(dataKey({ keyId }))).toBe('400 MissingSecurityToken');
    client = clientFor(kms, { ...account, securityToken: 'other' });
    expect(await refusal(dataKey({ keyId }))).toBe('400 InvalidSecurityToken.MismatchWithAccessKey');
    client = clientFor(kms, { ...account, securityToken: token });
    serverMs = nowMs + 60_000;
    expect(await refusal(dataKey({ keyId }))).toBe('400 InvalidSecurityToken.Expired');
    kms.accounts.add({ ...account, securityToken: 'fresh' });
    client = clientFor(kms, { ...account, securityToken: 'fresh' });
    expect(await refusal(dataKey({ keyId }))).toBe('not refused');
    kms.accounts.remove('id');
    expect(await refusal(dataKey({ keyId }))).toBe('404 InvalidAccessKeyId.NotFound');
  });

  it('without permission get the permission system’s refusal', async () => {
    await start({ accounts: [{ ...account, deny: ['Decrypt'] }] });
    const keyId = await kms.createKey();
    const { ciphertextBlob } = await dataKey({ keyId });
    const error: unknown = await decrypt({ ciphertextBlob }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: 'Forbidden.NoPermissionError',
      data: {
        Code: 'Forbidden.NoPermission',
        HostId: kms.endpoint,
        RequestId: expect.any(String),
        AccessDeniedDetail: { AuthAction: 'kms:Decrypt', NoPermissionType: 'ExplicitDeny' },
      },
    });
  });

  it('with a list of allowed actions can do no more', async () => {
    await start({ accounts: [{ ...account, allow: ['kms:GenerateDataKey', 'kms:Encrypt'] }] });
    const keyId = await kms.createKey();
    const { ciphertextBlob } = await encrypt({ keyId, plaintext: 'x' });
    expect(await refusal(dataKey({ keyId }))).toBe('not refused');
    expect(await refusal(decrypt({ ciphertextBlob }))).toBe('403 Forbidden.NoPermission');
  });

  it('are checked when they are given', async () => {
    await expect(startKms({ accounts: [{ accessKeyId: '', accessKeySecret: 'x' }] })).rejects.toThrow(
      TypeError,
    );
  });
});

describe('the server’s clock', () => {
  it.each([16, -16])('must not be %i minutes off', async (minutes) => {
    await start({ now: () => Date.now() + minutes * 60_000 });
    expect(await refusal(dataKey({ keyId: 'x' }))).toBe('400 InvalidTimeStamp.Expired');
  });

  it.each([14, -14])('may be %i minutes off', async (minutes) => {
    await start({ now: () => Date.now() + minutes * 60_000 });
    expect(await refusal(dataKey({ keyId: await kms.createKey() }))).toBe('not refused');
  });
});
