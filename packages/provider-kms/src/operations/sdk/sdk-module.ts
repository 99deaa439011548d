import { MasterKeyError } from '@oss-envelope/core';
import type { KmsAction } from '../kms-operations.js';

/** What is used of the package `@alicloud/kms20160120`; all generations export the same. */
export type KmsSdk = { readonly default: new (config: object) => object } & {
  readonly [Action in KmsAction as `${Action}Request`]: new (
    members: object,
  ) => object;
};

let loading: Promise<KmsSdk> | undefined;

/**
 * The package's exports, loaded at first use: it is optional, and programs that use signed `fetch` do without.
 *
 * @param load - gives the package's namespace
 * @throws MasterKeyError when it is not installed; the next call tries again
 */
export function kmsSdk(load: () => Promise<object> = installedSdk): Promise<KmsSdk> {
  loading ??= load().then(moduleExports, (error: unknown) => {
    loading = undefined;
    throw isMissing(error)
      ? new MasterKeyError(
          'kmsProvider needs the package @alicloud/kms20160120, which is not installed: npm install @alicloud/kms20160120. Or use kmsFetchProvider of @oss-envelope/provider-kms/fetch, which needs no other package.',
        )
      : error;
  });
  return loading;
}

async function installedSdk(): Promise<object> {
  try {
    return await import('@alicloud/kms20160120');
  } catch (error) {
    // A bundler lets the package be missing only where it sees that its import is caught.
    return Promise.reject(error);
  }
}

function isMissing(error: unknown): boolean {
  const code: unknown =
    typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
}

/** The package is CommonJS: depending on who loads it, `module.exports` is the namespace or its default. */
function moduleExports(namespace: object): KmsSdk {
  const inner: unknown = (namespace as { default?: unknown }).default;
  return (
    typeof inner === 'object' && inner !== null && 'GenerateDataKeyRequest' in inner ? inner : namespace
  ) as KmsSdk;
}
