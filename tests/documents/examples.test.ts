import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { EncryptedBucket } from '@oss-envelope/core';
import { defaultKmsAccount, defaultOssAccount, startKms, startOss } from '@oss-envelope/local-cloud';
import { rsaProvider } from '@oss-envelope/provider-rsa';
import { rsaPair } from '@oss-envelope/test-kit';
import { fetchTransport } from '@oss-envelope/transport-fetch';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { ownFiles } from '../support/own-files.js';
import { withAssertions } from './page-program.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Where each entry point is declared, below `packages/`. */
const entryPoints: readonly (readonly [string, string])[] = [
  ['EncryptedBucket', 'core/src/client/encrypted-bucket.ts'],
  ...[
    ...['with', 'put', 'get', 'verify', 'open', 'head', 'exists', 'list', 'delete', 'deleteMany'],
    ...['presignGet', 'presignPut', 'openUrl', 'rewrap', 'copy', 'rename', 'reencrypt'],
  ].map((method) => [method, 'core/src/client/encrypted-bucket.ts'] as const),
  ['PresignedUpload', 'core/src/client/presigned-upload.ts'],
  ['UploadBucket', 'core/src/client/upload-bucket.ts'],
  ['EncryptedObject', 'core/src/client/encrypted-object.ts'],
  ['ObjectHandle', 'core/src/client/object-handle.ts'],
  ['getToFile', 'core/src/node/get-to-file.ts'],
  ['putFile', 'core/src/node/put-file.ts'],
  ['fileCheckpoint', 'core/src/node/file-checkpoint.ts'],
  ['environmentCredentials', 'core/src/node/environment-credentials.ts'],
  ['isOssEnvelopeError', 'core/src/errors/errors.ts'],
  ['exposedHeaders', 'core/src/reading/exposed-headers.ts'],
  ['createContentKey', 'core/src/envelope/content-key.ts'],
  ['openContentKey', 'core/src/envelope/opened-key.ts'],
  ['encryptContent', 'core/src/cipher/counter-mode.ts'],
  ['decryptContent', 'core/src/cipher/counter-mode.ts'],
  ['writersOf', 'core/src/envelope/writers.ts'],
  ['parseEnvelope', 'core/src/envelope/envelope-reading.ts'],
  ['formatEnvelope', 'core/src/envelope/envelope.ts'],
  ['generateRsaKeyPair', 'provider-rsa/src/keys/rsa-key-pair.ts'],
  ['rsaPublicKeyOf', 'provider-rsa/src/provider/rsa-public-key-of.ts'],
  ['rsaPublicKeyProvider', 'provider-rsa/src/provider/rsa-public-key-provider.ts'],
  ['rsaProvider', 'provider-rsa/src/provider/rsa-provider.ts'],
  ['rsaKeyPairInFolder', 'provider-rsa/src/node/rsa-key-pair-folder.ts'],
  ['generateAesSecret', 'provider-aes/src/secret/aes-secret.ts'],
  ['aesProvider', 'provider-aes/src/provider/aes-provider.ts'],
  ['aesSecretInFile', 'provider-aes/src/node/aes-secret-in-file.ts'],
  ['generateAgeIdentity', 'provider-age/src/keys/age-identity.ts'],
  ['ageProvider', 'provider-age/src/provider/age-provider.ts'],
  ['ageIdentityInFile', 'provider-age/src/node/age-identity-in-file.ts'],
  ['kmsProvider', 'provider-kms/src/provider/kms-provider.ts'],
  ['kmsFetchProvider', 'provider-kms/src/provider/kms-fetch-provider.ts'],
  ['aliOssTransport', 'transport-node/src/ali-oss-transport.ts'],
  ['fetchTransport', 'transport-fetch/src/fetch-transport.ts'],
  ['presignedTransport', 'transport-fetch/src/presigning/presigned-transport.ts'],
  ['presigner', 'transport-fetch/src/presigning/presigner.ts'],
  ['urlTransport', 'transport-fetch/src/presigning/url-transport.ts'],
  ['createCrc64', 'crc64/src/crc64.ts'],
  ['startOss', 'local-cloud/src/oss/control/start-oss.ts'],
  ['startKms', 'local-cloud/src/kms/control/start-kms.ts'],
];

/** The code behind `@example` in the docstring of a declaration. */
function exampleOf(name: string, source: string): string {
  const declaration = new RegExp(
    `/\\*\\*((?:(?!\\*/)[\\s\\S])*)\\*/\\s*(?:export (?:async )?(?:class|const|function) |  (?:async )?)${name}\\b`,
  );
  const docstring = declaration.exec(source)?.[1] ?? expect.fail(`${name} has no docstring`);
  const text = docstring.replace(/^ *\* ?/gm, '');
  const example = /@example\n([\s\S]*?)(?=^@|(?![\s\S]))/m.exec(text)?.[1]?.trim();
  return example || expect.fail(`${name} has no @example`);
}

/** What a reader has: accounts, keys, a bucket with a few objects; and what the examples import. */
const prelude = `
import { createReadStream } from 'node:fs';
import { expect } from 'vitest';
import RealOSS from 'ali-oss';
import {
  createContentKey, decryptContent, EncryptedBucket, encryptBytes, encryptContent, exposedHeaders, formatEnvelope,
  isOssEnvelopeError, openContentKey, parseEnvelope, writersOf,
} from '@oss-envelope/core';
import { environmentCredentials, fileCheckpoint, getToFile, putFile } from '@oss-envelope/core/node';
import { UploadBucket } from '@oss-envelope/core/upload';
import { createCrc64, formatCrc64 } from '@oss-envelope/crc64';
import { defaultKmsAccount, defaultOssAccount, startKms, startOss } from '@oss-envelope/local-cloud';
import { aesProvider, generateAesSecret } from '@oss-envelope/provider-aes';
import { aesSecretInFile } from '@oss-envelope/provider-aes/node';
import { ageProvider, generateAgeIdentity } from '@oss-envelope/provider-age';
import { ageIdentityInFile } from '@oss-envelope/provider-age/node';
import { kmsProvider } from '@oss-envelope/provider-kms';
import { kmsFetchProvider } from '@oss-envelope/provider-kms/fetch';
import { generateRsaKeyPair, rsaProvider, rsaPublicKeyOf } from '@oss-envelope/provider-rsa';
import { rsaKeyPairInFolder } from '@oss-envelope/provider-rsa/node';
import { rsaPublicKeyProvider } from '@oss-envelope/provider-rsa/public';
import { fetchTransport, presignedTransport, presigner, urlTransport } from '@oss-envelope/transport-fetch';
import { aliOssTransport } from '@oss-envelope/transport-node';

const { accessKeyId, accessKeySecret, endpoint, publicKey, privateKey, kmsUrl, kmsAccount } = context;
const console = { log() {} };
const credentials = { accessKeyId, accessKeySecret };
const stsCredentials = async () => kmsAccount;
const region = 'oss-cn-hangzhou';
class OSS extends RealOSS {
  constructor(options) {
    super({ ...options, secure: false, endpoint, sldEnable: true });
  }
}
const transport = fetchTransport({ endpoint, bucket: 'photos', region: 'cn-hangzhou', credentials });
const provider = rsaProvider({ publicKey, privateKey });
const newProvider = rsaProvider({ publicKey, privateKey, materialDescription: { key: '2027' } });
const bucket = new EncryptedBucket({ transport, provider, format: 'sealed' });
const { url } = await bucket.presignGet('motto.txt', { expiresSeconds: 60 });
const response = await globalThis.fetch(url);
const body = response.body;
/** The server of the examples' page, and everything else as it is. */
async function fetch(url, init) {
  if (url === '/sts') return Response.json(credentials);
  if (url !== '/sign') return globalThis.fetch(url, init);
  const signer = presigner({ endpoint, bucket: 'photos', region: 'cn-hangzhou', credentials });
  const allow = ['put', 'get', 'head', 'parts', 'drop-parts'];
  return Response.json(await signer.sign(JSON.parse(init.body), { expiresSeconds: 60, allow }));
}
`;

const oss = await startOss({ buckets: ['photos'] });
const kms = await startKms();
const pair = await rsaPair();
const workingFolder = process.cwd();
const context = {
  ...defaultOssAccount,
  ...pair,
  endpoint: oss.endpoint,
  kmsUrl: kms.url,
  kmsAccount: { ...defaultKmsAccount },
};
const bucket = new EncryptedBucket({
  transport: fetchTransport({
    endpoint: oss.origin,
    bucket: 'photos',
    region: oss.region,
    credentials: { ...defaultOssAccount },
  }),
  provider: rsaProvider(pair),
  format: 'sealed',
});
let folder: string;

beforeAll(async () => {
  await kms.createKey({ alias: 'alias/photos' });
  await mkdir(join(root, 'tests', '.cache'), { recursive: true });
  folder = await mkdtemp(join(root, 'tests', '.cache', 'examples-'));
  await writeFile(join(folder, 'report.pdf'), 'x'.repeat(100_000));
  await writeFile(join(folder, 'film.mp4'), 'x'.repeat(300_000));
  await bucket.put('film.mp4', 'x'.repeat(300_000));
  await bucket.put('video.mp4', 'x'.repeat(1_100_000));
  process.chdir(folder);
});
beforeEach(async () => {
  vi.stubEnv('ALIBABA_CLOUD_ACCESS_KEY_ID', undefined);
  vi.stubEnv('ALIBABA_CLOUD_ACCESS_KEY_SECRET', undefined);
  vi.stubEnv('OSS_ACCESS_KEY_ID', defaultOssAccount.accessKeyId);
  vi.stubEnv('OSS_ACCESS_KEY_SECRET', defaultOssAccount.accessKeySecret);
  await bucket.put('motto.txt', 'seize the day');
});
afterEach(() => vi.unstubAllEnvs());
afterAll(async () => {
  process.chdir(workingFolder);
  await oss.close();
  await kms.close();
  await rm(folder, { recursive: true, force: true });
});

it.each(entryPoints)('the example of %s runs', async (name, path) => {
  const example = exampleOf(name, await readFile(join(root, 'packages', path), 'utf8'));
  const onLoopback = withAssertions(example)
    .program.replace("endpoint: 'https://oss-cn-hangzhou.aliyuncs.com'", "endpoint, region: 'cn-hangzhou'")
    // There the bucket stands in the path of a URL.
    .replace('urlTransport()', "urlTransport({ bucket: 'photos' })")
    .replace(
      /region: 'cn-hangzhou',(\s+)credentials: \{ accessKeyId, accessKeySecret \}/,
      (_, space: string) => ['endpoint: kmsUrl,', 'credentials: kmsAccount'].join(space),
    )
    .replace("region: 'cn-hangzhou', keyId", 'endpoint: kmsUrl, keyId')
    .replace(
      "endpoint, bucket: 'photos', credentials:",
      "endpoint, bucket: 'photos', region: 'cn-hangzhou', credentials:",
    );
  const file = join(folder, `${name}.js`);
  const known = `const context = ${JSON.stringify(context)};\n`;
  await writeFile(
    file,
    `${known}${prelude}\nexport async function run() {\n${onLoopback}\n}\nawait run();\n`,
  );
  await import(pathToFileURL(file).href);
});

it('every example is among them', async () => {
  const found: string[] = [];
  for (const path of await ownFiles('packages')) {
    if (!/^packages\/[^/]+\/src\/.*(?<!\.test)\.ts$/.test(path)) continue;
    const examples = (await readFile(join(root, path), 'utf8')).match(/^ *\* @example$/gm) ?? [];
    found.push(...examples.map(() => path.slice('packages/'.length)));
  }
  expect(found.sort()).toEqual(entryPoints.map(([, file]) => file).sort());
});
