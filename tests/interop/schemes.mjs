// The ways an envelope is made: the formats, and this project's key provider for each.
import { defaultKmsAccount } from '@oss-envelope/local-cloud';
import { kmsProvider } from '@oss-envelope/provider-kms';
import { kmsFetchProvider } from '@oss-envelope/provider-kms/fetch';
import { rsaProvider } from '@oss-envelope/provider-rsa';

/** Not in sorted order, and with a slash: SDKs write such a description in four ways. */
export const description = { use: 'interop/test', made: 'here' };

const passphrase = '1234';

const rsa = (padding) => (services, _, materialDescription) =>
  rsaProvider({ ...services.pair, materialDescription, ...(padding === undefined ? {} : { padding }) });

/** With ali-oss goes the KMS client of Alibaba Cloud, with fetch the one by signed fetch. */
const kms =
  (options = {}) =>
  ({ kms: { url }, keyId }, transportName, materialDescription) => {
    const provider = transportName === 'ali-oss' ? kmsProvider : kmsFetchProvider;
    const credentials = { ...defaultKmsAccount };
    return provider({ endpoint: url, credentials, keyId, materialDescription, ...options });
  };

/** By name, in the order of the tables. `provider` takes the services, a transport's name and a description. */
export const schemes = {
  'rsa-2018': { title: '2018, RSA', format: 'oss-crypto', provider: rsa() },
  'kms-2018': { title: '2018, KMS', format: 'oss-crypto', provider: kms() },
  'kms-2018-passphrase': {
    title: '2018, KMS with passphrase',
    format: 'oss-crypto',
    passphrase,
    provider: kms({ passphrase }),
  },
  'rsa-pkcs1': { title: 'current, RSA PKCS#1', format: 'client-side-encryption', provider: rsa('pkcs1') },
  'rsa-oaep': { title: 'current, RSA OAEP', format: 'client-side-encryption', provider: rsa('oaep-sha1') },
  'kms-standard': {
    title: "current, KMS in Go's and Java's layering",
    format: 'client-side-encryption',
    provider: kms({ layering: 'standard' }),
  },
  'kms-oss2': {
    title: "current, KMS in Python's layering",
    format: 'client-side-encryption',
    provider: kms({ layering: 'oss2' }),
  },
  'kms-oss2-passphrase': {
    title: "current, KMS in Python's layering, with passphrase",
    format: 'client-side-encryption',
    passphrase,
    provider: kms({ layering: 'oss2', passphrase }),
  },
};
