// What only some runtimes can do: there it must work, and elsewhere be refused with an error of this project.
import * as core from '@oss-envelope/core';
import { ageProvider } from '@oss-envelope/provider-age';
import { rsaProvider } from '@oss-envelope/provider-rsa';
import { fetchTransport } from '@oss-envelope/transport-fetch';

/** A case that must pass where `has` holds, and be refused with `code` elsewhere. */
function capability(name, has, code, use) {
  return {
    name,
    async run(where) {
      let error;
      try {
        await use(where);
      } catch (thrown) {
        error = thrown;
      }
      if (has(where)) {
        if (error !== undefined) throw error;
        return 'passed';
      }
      if (error === undefined) throw new Error(`it must be refused with ${code}, and was done`);
      if (error?.code !== code) throw new Error(`it must be refused with ${code}`, { cause: error });
      return 'refused';
    },
  };
}

async function* chunks(count) {
  for (let index = 0; index < count; index++) yield new Uint8Array(100_000).fill(index);
}

export const refusalCases = [
  capability(
    'PKCS#1 v1.5 decryption without opting in',
    ({ hasPkcs1Decryption }) => hasPkcs1Decryption,
    'ERR_ALGORITHM_NOT_SUPPORTED',
    async ({ keys }) => {
      const provider = rsaProvider(keys);
      const { envelope } = await core.createContentKey(provider, 'client-side-encryption');
      await core.openContentKey(envelope, [provider]);
    },
  ),
  capability(
    'a private key that OpenSSL encrypted in the old way (PEM with DEK-Info)',
    ({ readsOldEncryptedPem }) => readsOldEncryptedPem,
    'ERR_MASTER_KEY',
    async ({ oldEncryptedKey, keys }) => {
      const provider = rsaProvider({ ...oldEncryptedKey, publicKey: keys.publicKey });
      const { envelope } = await core.createContentKey(provider, 'oss-crypto');
      await core.openContentKey(envelope, [provider]);
    },
  ),
  capability(
    'a stream larger than what may be collected in memory',
    ({ streamsRequests }) => streamsRequests,
    'ERR_OUT_OF_RANGE',
    async ({ oss, keyPrefix }) => {
      const transport = fetchTransport({ ...oss, maxBufferedUploadBytes: 300_000 });
      const body = { kind: 'chunks', sizeBytes: undefined, chunks: chunks(5) };
      await transport.put({ key: `${keyPrefix}large`, headers: {}, body });
    },
  ),
  {
    name: 'a passkey of age, where there is none',
    async run({ isPage }) {
      // A page at an IP address has no passkeys of its own; tests/pages has one that does.
      const code = isPage ? 'ERR_MASTER_KEY' : 'ERR_ALGORITHM_NOT_SUPPORTED';
      const error = await ageProvider({ passkey: {} })
        .wrapKey({ format: 'sealed' })
        .catch((thrown) => thrown);
      if (error?.code !== code) throw new Error(`it must be refused with ${code}`, { cause: error });
      return 'refused';
    },
  },
  {
    name: 'files go up and come down, or are not named at all',
    async run({ filesModule, oss, keys, keyPrefix }) {
      for (const name of ['putFile', 'getToFile', 'fileCheckpoint']) {
        if (name in core) throw new Error(`core must not export ${name}: only core/node does`);
      }
      if (filesModule === undefined) return 'refused';
      const { assertFilesRoundTrip } = await import(filesModule);
      const [transport, provider] = [fetchTransport(oss), rsaProvider(keys)];
      const bucket = new core.EncryptedBucket({ transport, provider, format: 'oss-crypto' });
      await assertFilesRoundTrip(bucket, `${keyPrefix}file`);
      return 'passed';
    },
  },
];
