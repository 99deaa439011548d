import { InvalidArgumentError } from '@oss-envelope/core';
import type { KmsAction } from '../kms-operations.js';

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

/** The methods of each generation that take runtime options. */
export const methodNames: Readonly<Record<ClientGeneration['kind'], Readonly<Record<KmsAction, string>>>> = {
  v1: { GenerateDataKey: 'generateDataKeyEx', Encrypt: 'encryptEx', Decrypt: 'decryptEx' },
  v2: {
    GenerateDataKey: 'generateDataKeyWithOptions',
    Encrypt: 'encryptWithOptions',
    Decrypt: 'decryptWithOptions',
  },
};

/**
 * Tells a client's generation.
 *
 * @throws InvalidArgumentError when it has the methods of neither
 */
export function clientGeneration(client: unknown): ClientGeneration {
  if (hasMethods(client, methodNames.v2)) return { kind: 'v2', client: client as unknown as KmsClientV2 };
  if (hasMethods(client, methodNames.v1)) return { kind: 'v1', client: client as unknown as KmsClientV1 };
  throw new InvalidArgumentError('client', 'must be a client of @alicloud/kms20160120 (1.2, 2.x or 3.x)');
}

function hasMethods(value: unknown, names: Readonly<Record<KmsAction, string>>): value is object {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.values(names).every((name) => typeof (value as Record<string, unknown>)[name] === 'function')
  );
}
