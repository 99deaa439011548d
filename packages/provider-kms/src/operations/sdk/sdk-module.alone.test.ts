import { expect, test, vi } from 'vitest';

const classes = { default: class {}, GenerateDataKeyRequest: class {} };

/** A module of its own for each test, since it keeps what it has loaded. */
async function freshModule(): Promise<typeof import('./sdk-module.js')> {
  vi.resetModules();
  return await import('./sdk-module.js');
}

test('a package that is not installed is told with what to do, at first use, and tried again', async () => {
  const { kmsSdk } = await freshModule();
  for (const code of ['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND']) {
    const missing = () => Promise.reject(Object.assign(new Error('Cannot find package'), { code }));
    await expect(kmsSdk(missing)).rejects.toMatchObject({
      code: 'ERR_MASTER_KEY',
      message: expect.stringContaining('npm install @alicloud/kms20160120'),
    });
  }
  expect(await kmsSdk(async () => classes)).toBe(classes);
});

test('another failure of loading is told as it is, whatever is thrown', async () => {
  const { kmsSdk } = await freshModule();
  for (const broken of [new SyntaxError('broken'), { code: 'EACCES' }, {}, 'text', 7, null, undefined]) {
    const told = await kmsSdk(() => Promise.reject(broken)).then(
      () => expect.fail('it was loaded'),
      (error: unknown) => error,
    );
    expect(told).toBe(broken);
  }
});

test('the installed package that does not load is no package that is missing', async () => {
  const broken = new SyntaxError('broken');
  vi.doMock('@alicloud/kms20160120', () => {
    throw broken;
  });
  try {
    const { kmsSdk } = await freshModule();
    await expect(kmsSdk()).rejects.toMatchObject({ cause: broken });
  } finally {
    vi.doUnmock('@alicloud/kms20160120');
  }
});

test('module.exports is found as the namespace and as its default, and kept', async () => {
  const { kmsSdk } = await freshModule();
  expect(await kmsSdk(async () => ({ default: classes }))).toBe(classes);
  expect(await kmsSdk(() => Promise.reject(new Error('not asked')))).toBe(classes);
});

test('the installed package is loaded', async () => {
  const { kmsSdk } = await freshModule();
  const sdk = await kmsSdk();
  for (const name of ['default', 'GenerateDataKeyRequest', 'EncryptRequest', 'DecryptRequest'] as const) {
    expect(sdk[name]).toBeTypeOf('function');
  }
});
