import * as kmsPackage from '@alicloud/kms20160120';
import type { KeyProvider } from '@oss-envelope/core';
import { defaultKmsAccount } from '@oss-envelope/local-cloud';
import { kmsFetchProvider } from '../src/fetch.js';
import { kmsProvider } from '../src/index.js';
import type { KmsClient } from '../src/operations/sdk/sdk-client.js';
import type { KmsKeyOptions } from '../src/provider/key-options.js';
import { type ClientConfig, GeneratedClient } from './generated-clients.js';

type AccessKey = Pick<ClientConfig, 'securityToken'> & { accessKeyId: string; accessKeySecret: string };

/** Where a provider sends its requests, and as whom. */
export interface Target {
  /** With scheme. */
  readonly url: string;
  /** The local KMS's only account unless given. */
  readonly credentials?: AccessKey | { getCredential(): Promise<object> };
}

/** One way from the provider to the wire. */
export interface ProviderWay {
  readonly name: string;
  readonly make: (target: Target, options?: KmsKeyOptions) => KeyProvider;
  /** Whether it refuses contexts that are not the canonical JSON of an object. */
  readonly needsContextObject: boolean;
}

const inner = (kmsPackage as unknown as { default: object }).default;

/** The client class of the installed `@alicloud/kms20160120`, which is 1.2. */
export const KmsClient12 = ('default' in inner ? inner.default : inner) as new (config: object) => KmsClient;

function clientConfig({ url, credentials = defaultKmsAccount }: Target): ClientConfig {
  const { protocol, host } = new URL(url);
  const where = { endpoint: host, protocol: protocol.replace(':', '') };
  return 'getCredential' in credentials
    ? { ...where, credential: credentials }
    : { ...where, ...credentials };
}

/** Every way, over the same local KMS. */
export const providerWays: readonly ProviderWay[] = [
  {
    name: 'a client of 1.2',
    needsContextObject: false,
    make: (target, options) => kmsProvider({ client: new KmsClient12(clientConfig(target)), ...options }),
  },
  {
    name: 'a client of 1.2 made here',
    needsContextObject: false,
    make: ({ url, credentials = defaultKmsAccount }, options) =>
      kmsProvider({ endpoint: url, credentials, ...options }),
  },
  {
    name: 'a client in the shape of 2.x',
    needsContextObject: true,
    make: (target, options) =>
      kmsProvider({ client: new GeneratedClient('2.x', clientConfig(target)), ...options }),
  },
  {
    name: 'a client in the shape of 3.x',
    needsContextObject: true,
    make: (target, options) =>
      kmsProvider({ client: new GeneratedClient('3.x', clientConfig(target)), ...options }),
  },
  {
    name: 'signed fetch',
    needsContextObject: false,
    make: ({ url, credentials = defaultKmsAccount }, options) =>
      kmsFetchProvider({ endpoint: url, credentials, ...options }),
  },
];
