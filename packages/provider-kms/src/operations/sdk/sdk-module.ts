import * as imported from '@alicloud/kms20160120';

/** What is used of the package `@alicloud/kms20160120`; all generations export the same. */
export interface KmsSdk {
  readonly default: new (config: object) => object;
  readonly GenerateDataKeyRequest: new (members: object) => object;
  readonly EncryptRequest: new (members: object) => object;
  readonly DecryptRequest: new (members: object) => object;
}

/**
 * The package's exports. It is CommonJS: depending on who loads it, `module.exports` is the namespace or its default.
 */
export const kmsSdk: KmsSdk = moduleExports(imported);

function moduleExports(namespace: object): KmsSdk {
  const inner: unknown = (namespace as { default?: unknown }).default;
  return (
    typeof inner === 'object' && inner !== null && 'GenerateDataKeyRequest' in inner ? inner : namespace
  ) as KmsSdk;
}
