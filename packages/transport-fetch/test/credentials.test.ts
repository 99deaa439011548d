import { describe, expect, it } from 'vitest';
import { credentialsSource, type OssCredentials } from '../src/credentials.js';

const key = { accessKeyId: 'id', accessKeySecret: 'secret' };

describe('credentialsSource', () => {
  it('keeps a copy of a value', async () => {
    const value = { ...key };
    const source = credentialsSource(value, Date.now);
    value.accessKeyId = 'other';
    expect((await source.get()).accessKeyId).toBe('id');
    expect(source.reject(await source.get())).toBe(false);
  });

  it.each([
    ['accessKeyId', { ...key, accessKeyId: '' }],
    ['accessKeyId', { ...key, accessKeyId: 'a\r\nb' }],
    ['accessKeySecret', { accessKeyId: 'id' }],
    ['securityToken', { ...key, securityToken: '' }],
    ['expiresAt', { ...key, expiresAt: 'soon' }],
    ['expiresAt', { ...key, expiresAt: 1 }],
    ['accessKeyId', null],
  ])('refuses a wrong %s', async (field, value) => {
    const expected = expect.objectContaining({ argument: `credentials.${field}` });
    expect(() => credentialsSource(value as OssCredentials, Date.now)).toThrow(expected);
    await expect(credentialsSource(() => value as OssCredentials, Date.now).get()).rejects.toThrow(expected);
  });

  it('asks once for many, and again only shortly before the end', async () => {
    let calls = 0;
    let nowMs = 0;
    const expiresAt = new Date(3_600_000).toISOString();
    const source = credentialsSource(
      async () => ({ ...key, accessKeyId: `id${++calls}`, expiresAt }),
      () => nowMs,
    );
    const first = await Promise.all(Array.from({ length: 20 }, () => source.get()));
    expect(new Set(first.map(({ accessKeyId }) => accessKeyId))).toEqual(new Set(['id1']));
    nowMs = 3_539_999;
    expect((await source.get()).accessKeyId).toBe('id1');
    nowMs = 3_540_000;
    expect((await source.get()).accessKeyId).toBe('id2');
  });

  it('does not wear out credentials that live for seconds', async () => {
    let calls = 0;
    let nowMs = 0;
    const source = credentialsSource(
      () => ({ ...key, accessKeyId: `id${++calls}`, expiresAt: new Date(10_000) }),
      () => nowMs,
    );
    await source.get();
    nowMs = 8_999;
    expect((await source.get()).accessKeyId).toBe('id1');
    nowMs = 9_000;
    expect((await source.get()).accessKeyId).toBe('id2');
  });

  it('drops what was refused, but not what came after it', async () => {
    let calls = 0;
    const source = credentialsSource(() => ({ ...key, accessKeyId: `id${++calls}` }), Date.now);
    const refused = await source.get();
    expect(source.reject(refused)).toBe(true);
    const replaced = await source.get();
    expect(replaced.accessKeyId).toBe('id2');
    source.reject(refused);
    expect((await source.get()).accessKeyId).toBe('id2');
  });

  it('passes on what the function throws, and asks again the next time', async () => {
    let calls = 0;
    const source = credentialsSource(() => {
      if (++calls === 1) throw new Error('no network');
      return key;
    }, Date.now);
    await expect(source.get()).rejects.toThrow('no network');
    expect((await source.get()).accessKeyId).toBe('id');
  });
});
