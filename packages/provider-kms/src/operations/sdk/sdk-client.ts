import { InvalidArgumentError } from '@oss-envelope/core';

/** What is used of a client of `@alicloud/kms20160120` 1.2. */
export interface KmsClientV1 {
  generateDataKeyEx(request: object, runtime: object): Promise<object>;
  encryptEx(request: object, runtime: object): Promise<object>;
  decryptEx(request: object, runtime: object): Promise<object>;
}

/** What is used of a client of `@alicloud/kms20160120` 2.x and 3.x. */
export interface KmsClientV2 {
  generateDataKeyWithOptions(request: object, runtime: object): Promise<object>;
  encryptWithOptions(request: object, runtime: object): Promise<object>;
  decryptWithOptions(request: object, runtime: object): Promise<object>;
}

/** A client of `@alicloud/kms20160120`, of any generation. */
export type KmsClient = KmsClientV1 | KmsClientV2;

/** Which generation a client is of, by the methods that it has. */
export type ClientGeneration =
  | { readonly kind: 'v1'; readonly client: KmsClientV1 }
  | { readonly kind: 'v2'; readonly client: KmsClientV2 };

/**
 * Tells a client's generation.
 *
 * @throws InvalidArgumentError when it has the methods of neither
 */
export function clientGeneration(client: unknown): ClientGeneration {
  if (hasMethods(client, 'generateDataKeyWithOptions', 'encryptWithOptions', 'decryptWithOptions')) {
    return { kind: 'v2', client: client as KmsClientV2 };
  }
  if (hasMethods(client, 'generateDataKeyEx', 'encryptEx', 'decryptEx')) {
    return { kind: 'v1', client: client as KmsClientV1 };
  }
  throw new InvalidArgumentError('client', 'must be a client of @alicloud/kms20160120 (1.2, 2.x or 3.x)');
}

function hasMethods(value: unknown, ...names: readonly string[]): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    names.every((name) => typeof (value as Record<string, unknown>)[name] === 'function')
  );
}
