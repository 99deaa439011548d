import { createRequire } from 'node:module';
import type Module from '@alicloud/kms20160120';
import { defaultKmsAccount, type KmsAccount } from '../src/kms/signatures/kms-account.js';

/** The real client's module. It is CommonJS, and `require` gives it the same to Node and to the test runner. */
export const K: typeof Module = createRequire(import.meta.url)('@alicloud/kms20160120');

export type KmsClient = InstanceType<typeof K.default>;

/** The real client, for a local KMS. */
export function clientFor(
  kms: { readonly endpoint: string },
  account: KmsAccount = defaultKmsAccount,
): KmsClient {
  const { accessKeyId, accessKeySecret, securityToken } = account;
  return new K.default({
    accessKeyId,
    accessKeySecret,
    ...(securityToken === undefined ? {} : { securityToken }),
    endpoint: kms.endpoint,
    protocol: 'http',
    regionId: 'cn-hangzhou',
    readTimeout: 2000,
  } as ConstructorParameters<typeof K.default>[0]);
}

/** The service's status and code of a refusal, as the real client reports them. */
export async function refusal(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    const status = /code: (\d+),/.exec(message)?.[1];
    return status === undefined ? message : `${status} ${code?.replace(/Error$/, '')}`;
  }
  return 'not refused';
}
