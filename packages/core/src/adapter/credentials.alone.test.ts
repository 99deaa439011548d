import { describe, expect, it, vi } from 'vitest';
import { InvalidArgumentError, ServiceError, TransportError } from '../errors/errors.js';
import { type CredentialsInput, credentialsSource } from './credentials.js';

const pair = { accessKeyId: 'id', accessKeySecret: 'secret' };

function counter(give: (call: number) => unknown): { source: () => never; calls: () => number } {
  let calls = 0;
  return { source: (() => give(++calls)) as () => never, calls: () => calls };
}

describe('a value', () => {
  it('is copied, and cannot be replaced', async () => {
    const given = { ...pair };
    const source = credentialsSource(given);
    given.accessKeySecret = 'other';
    const credentials = await source.get();
    expect(credentials).toEqual({ ...pair, securityToken: undefined, expiresAt: undefined });
    expect(source.reject(credentials)).toBe(false);
  });

  it.each([[''], [null], [undefined]])('has no token when that is %j', async (securityToken) => {
    expect((await credentialsSource({ ...pair, securityToken }).get()).securityToken).toBeUndefined();
  });

  it.each(['expiration', 'expiresAt'] as const)('may say its end as %s', async (name) => {
    const ends = '2030-01-02T03:04:05Z';
    expect((await credentialsSource({ ...pair, [name]: ends }).get()).expiresAt).toEqual(new Date(ends));
    expect((await credentialsSource({ ...pair, [name]: new Date(ends) }).get()).expiresAt).toEqual(
      new Date(ends),
    );
    expect(() => credentialsSource({ ...pair, [name]: 'tomorrow' })).toThrow(
      `credentials.${name} must be a valid Date`,
    );
  });

  it.each([
    ['accessKeyId', 'i d'],
    ['accessKeySecret', 'sec\nret'],
    ['securityToken', 'tökèn'],
    ['securityToken', 5],
  ])('refuses %s %j by name, and does not show it', (name, value) => {
    const make = () => credentialsSource({ ...pair, [name]: value } as never);
    expect(make).toThrow(InvalidArgumentError);
    expect(make).toThrow(`credentials.${name} must be a text of visible ASCII characters`);
  });

  it.each([['accessKeyId'], ['accessKeySecret']])('says when %s is missing', (name) => {
    for (const value of ['', undefined, null]) {
      expect(() => credentialsSource({ ...pair, [name]: value } as never)).toThrow(
        `credentials.${name} is missing: check the variable that it comes from`,
      );
    }
  });

  it('says when a line end was copied with a secret', () => {
    expect(() => credentialsSource({ ...pair, accessKeySecret: 'secret\r\n' })).toThrow(
      'credentials.accessKeySecret has a space or a line end before or after it: remove it',
    );
  });

  it('refuses names that are not known', () => {
    expect(() => credentialsSource({ ...pair, accessKeySecert: 'x' } as never)).toThrow(
      'did you mean accessKeySecret?',
    );
    expect(() => credentialsSource({ ...pair, stsToken: 'x' } as never)).toThrow(
      'credentials.stsToken is not known here: the token of STS goes in securityToken',
    );
    for (const value of [undefined, null, 'id:secret', 5]) {
      expect(() => credentialsSource(value as never)).toThrow(InvalidArgumentError);
    }
  });
});

describe('a function', () => {
  it('is asked once for all who ask at the same time, and kept', async () => {
    const { source, calls } = counter(async (call) => ({ ...pair, accessKeyId: `id${call}` }));
    const credentials = credentialsSource(source);
    const answers = await Promise.all([credentials.get(), credentials.get(), credentials.get()]);
    expect(answers.map(({ accessKeyId }) => accessKeyId)).toEqual(['id1', 'id1', 'id1']);
    await credentials.get();
    expect(calls()).toBe(1);
  });

  it('is asked again a minute before the end, or at nine tenths of a short life', async () => {
    let nowMs = 0;
    const { source, calls } = counter(() => ({ ...pair, expiration: new Date(nowMs + 3_600_000) }));
    const long = credentialsSource(source, () => nowMs);
    await long.get();
    nowMs = 3_600_000 - 60_001;
    await long.get();
    expect(calls()).toBe(1);
    nowMs += 1;
    await long.get();
    expect(calls()).toBe(2);

    nowMs = 0;
    const brief = counter(() => ({ ...pair, expiration: new Date(nowMs + 1000) }));
    const short = credentialsSource(brief.source, () => nowMs);
    await short.get();
    nowMs = 899;
    await short.get();
    expect(brief.calls()).toBe(1);
    nowMs = 900;
    await short.get();
    expect(brief.calls()).toBe(2);
  });

  it('that fails before the end leaves the old ones in use until then', async () => {
    let nowMs = 0;
    const { source } = counter((call) => {
      if (call === 1) return { ...pair, expiration: new Date(1000) };
      throw new Error('STS is away');
    });
    const credentials = credentialsSource(source, () => nowMs);
    await credentials.get();
    nowMs = 950;
    expect((await credentials.get()).accessKeyId).toBe('id');
    nowMs = 1000;
    await expect(credentials.get()).rejects.toThrow('The source of the credentials failed');
  });

  it('is asked once again for all that were refused with the same credentials', async () => {
    const { source, calls } = counter(async (call) => ({ ...pair, accessKeyId: `id${call}` }));
    const credentials = credentialsSource(source);
    const refused = await credentials.get();
    const again = await Promise.all(
      Array.from({ length: 5 }, async () => {
        expect(credentials.reject(refused)).toBe(true);
        return await credentials.get();
      }),
    );
    expect(again.map(({ accessKeyId }) => accessKeyId)).toEqual(Array(5).fill('id2'));
    credentials.reject(refused);
    expect((await credentials.get()).accessKeyId).toBe('id2');
    expect(calls()).toBe(2);
  });

  it('may give fields that are not used, but no token by another name', async () => {
    expect((await credentialsSource((() => ({ ...pair, type: 'sts' })) as never).get()).accessKeyId).toBe(
      'id',
    );
    await expect(credentialsSource((() => ({ ...pair, sessionToken: 'x' })) as never).get()).rejects.toThrow(
      'credentials.sessionToken is not known here',
    );
  });

  it.each([
    ['an error', new Error('secret=abc'), ''],
    [
      'a code of the system',
      Object.assign(new Error('secret=abc'), { code: 'ECONNREFUSED' }),
      ' (ECONNREFUSED)',
    ],
    ['a code that may be anything', Object.assign(new Error('x'), { code: 'LTAIsecret=abc' }), ''],
    ['a text', 'secret=abc', ''],
    ['nothing', undefined, ''],
  ])('that throws %s is told without it', async (_name, thrown, told) => {
    const failure = await credentialsSource(() => Promise.reject(thrown))
      .get()
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(TransportError);
    expect(failure).toMatchObject({ retryable: true });
    expect((failure as Error).message).toContain(`The source of the credentials failed${told}.`);
    expect(`${(failure as Error).message}${(failure as Error).cause}`).not.toContain('abc');
  });

  it("that throws this project's error is told by it, and a failure is not kept", async () => {
    const own = new ServiceError('STS refused.', { service: 'STS' });
    const { source } = counter((call) => {
      if (call === 1) throw own;
      return pair;
    });
    const credentials = credentialsSource(source);
    await expect(credentials.get()).rejects.toBe(own);
    expect((await credentials.get()).accessKeyId).toBe('id');
  });

  it('is asked once for all sources that are made of it, whatever they sign', async () => {
    let nowMs = 0;
    const { source, calls } = counter(async (call) => ({
      ...pair,
      accessKeyId: `id${call}`,
      expiration: new Date(nowMs + 3_600_000),
    }));
    const [oss, kms] = [credentialsSource(source, () => nowMs), credentialsSource(source, () => nowMs)];
    const answers = await Promise.all([oss.get(), kms.get(), oss.get()]);
    expect(answers.map(({ accessKeyId }) => accessKeyId)).toEqual(['id1', 'id1', 'id1']);
    // What OSS refused is not tried at KMS.
    oss.reject(answers[0]!);
    expect((await kms.get()).accessKeyId).toBe('id2');
    kms.reject(answers[1]!);
    expect((await oss.get()).accessKeyId).toBe('id2');
    nowMs = 3_600_000;
    await Promise.all([kms.get(), oss.get()]);
    expect(calls()).toBe(3);
    expect((await credentialsSource(async () => source()).get()).accessKeyId).toBe('id4');
  });

  it('that gives rubbish, or what has ended, leaves the old ones in use until their end', async () => {
    for (const rubbish of [undefined, 'text', { accessKeyId: 1 }, { ...pair, expiration: new Date(1) }]) {
      let nowMs = 0;
      const { source } = counter((call) =>
        call === 1 ? { ...pair, accessKeyId: 'first', expiration: new Date(1000) } : rubbish,
      );
      const credentials = credentialsSource(source as never, () => nowMs);
      await credentials.get();
      nowMs = 950;
      expect((await credentials.get()).accessKeyId).toBe('first');
    }
  });

  it('that hides its secret in what it throws on the way tells nothing of it', async () => {
    const trap = {
      get accessKeyId(): string {
        throw new Error('secret=abc');
      },
    };
    const failure = await credentialsSource((() => trap) as never)
      .get()
      .then(
        () => undefined,
        (error: Error) => error,
      );
    expect(failure).toBeInstanceOf(TransportError);
    expect(`${failure?.message}${failure?.stack}${failure?.cause}`).not.toContain('abc');
  });

  it('that never answers fails in half a minute, and the next call asks again', async () => {
    vi.useFakeTimers();
    try {
      const { source, calls } = counter((call) => (call === 1 ? new Promise<never>(() => {}) : pair));
      const credentials = credentialsSource(source as never);
      const waiting = Promise.allSettled([credentials.get(), credentials.get()]);
      await vi.advanceTimersByTimeAsync(29_999);
      expect(calls()).toBe(1);
      await vi.advanceTimersByTimeAsync(1);
      expect((await waiting).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
      expect((await credentials.get()).accessKeyId).toBe('id');
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it("an abort ends one caller's waiting with its reason", async () => {
    let finish = (_value: unknown): void => {};
    const credentials = credentialsSource(
      (() =>
        new Promise((resolve) => {
          finish = resolve;
        })) as never,
    );
    const controller = new AbortController();
    const given = credentials.get(controller.signal);
    const other = credentials.get();
    controller.abort(new Error('enough'));
    await expect(given).rejects.toThrow('enough');
    finish(pair);
    expect((await other).accessKeyId).toBe('id');
    await expect(credentials.get(controller.signal)).rejects.toThrow('enough');
  });
});

describe('an object of @alicloud/credentials', () => {
  it('is asked for each request', async () => {
    let calls = 0;
    const credentials = credentialsSource({
      getCredential: async () => ({
        ...pair,
        accessKeyId: `id${++calls}`,
        securityToken: '',
        type: 'access_key',
      }),
    });
    expect((await credentials.get()).accessKeyId).toBe('id1');
    const second = await credentials.get();
    expect(second).toMatchObject({ accessKeyId: 'id2', securityToken: undefined });
    expect(credentials.reject(second)).toBe(true);
  });

  it('of an old version gives parts of one issue', async () => {
    let issue = 1;
    const parts: CredentialsInput = {
      getAccessKeyId: () => `id${issue}`,
      // The rotation comes here, once.
      getAccessKeySecret: async () => `secret${issue === 1 ? issue++ : issue}`,
      getSecurityToken: () => `token${issue}`,
    };
    expect(await credentialsSource(parts).get()).toMatchObject({
      accessKeyId: 'id2',
      accessKeySecret: 'secret2',
      securityToken: 'token2',
    });
  });

  it('of an old version that never stands still is given up', async () => {
    let issue = 0;
    const parts: CredentialsInput = {
      getAccessKeyId: () => `id${issue++}`,
      getAccessKeySecret: () => 'secret',
      getSecurityToken: () => '',
    };
    await expect(credentialsSource(parts).get()).rejects.toThrow('changed each time they were asked for');
  });
});
