import type { default as Credential } from '@alicloud/credentials';
import type { default as InstalledClient } from '@alicloud/kms20160120';
import { expectTypeOf, test } from 'vitest';
import type { Fetch } from '../src/fetch.js';
import type { CredentialsInput, KmsClient, KmsProviderOptions } from '../src/index.js';

test('what users have fits what is asked for', () => {
  type Client = InstanceType<(typeof InstalledClient)['default']>;
  type Provider = InstanceType<(typeof Credential)['default']>;
  expectTypeOf<Client>().toExtend<KmsClient>();
  expectTypeOf<Provider>().toExtend<CredentialsInput>();
  expectTypeOf<typeof fetch>().toExtend<Fetch>();
  expectTypeOf<{ client: Client; keyId: string }>().toExtend<KmsProviderOptions>();
  expectTypeOf<{ region: string; credentials: Provider }>().toExtend<KmsProviderOptions>();
});
