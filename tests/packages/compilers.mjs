// What a program that uses every entry says to each compiler, with the declarations themselves checked.

import { installed } from './installation.mjs';
import { held } from './programs.mjs';
import { npmProject } from './projects.mjs';

/** The oldest compiler that the declarations are for is the first. */
const compilers = ['typescript-5.0', 'typescript-5.4', 'typescript-5.9', 'typescript'];

/** Uses every entry, so that a type that is lost or `any` is an error. */
const source = `
import { createContentKey, EncryptedBucket, encryptBytes, formatEnvelope, isOssEnvelopeError } from '@oss-envelope/core';
import type { KeyProvider, ObjectTransport, PutResult } from '@oss-envelope/core';
import { createSealedProvider, type Credentials } from '@oss-envelope/core/adapter';
import { TemporaryFile } from '@oss-envelope/core/adapter/node';
import { fileCheckpoint, getToFile, putFile } from '@oss-envelope/core/node';
import { UploadBucket } from '@oss-envelope/core/upload';
import { clientCases, type TransportSubject } from '@oss-envelope/conformance';
import { crc64 } from '@oss-envelope/crc64';
import { createFileLedger, jobTools, makeReport, openSource, runLocally, targetKeys, type Job, type JobReport } from '@oss-envelope/jobs';
import { defaultOssAccount, startOss } from '@oss-envelope/local-cloud';
import { aesProvider, generateAesSecret } from '@oss-envelope/provider-aes';
import { aesSecretInFile } from '@oss-envelope/provider-aes/node';
import { ageProvider, generateAgeIdentity } from '@oss-envelope/provider-age';
import { ageIdentityInFile } from '@oss-envelope/provider-age/node';
import { kmsProvider } from '@oss-envelope/provider-kms';
import { kmsFetchProvider } from '@oss-envelope/provider-kms/fetch';
import { generateRsaKeyPair, rsaProvider } from '@oss-envelope/provider-rsa';
import { rsaKeyPairInFolder } from '@oss-envelope/provider-rsa/node';
import { rsaPublicKeyProvider } from '@oss-envelope/provider-rsa/public';
import { fetchTransport, presignedTransport } from '@oss-envelope/transport-fetch';
import { aliOssTransport, type AliOssClient } from '@oss-envelope/transport-node';
import { putFile as putFileAgain } from '@oss-envelope/transport-node/files';

type IsAny<T> = 0 extends 1 & T ? true : false;
const known = <T,>(value: T, isAny: IsAny<T>): T => value;

export async function main(client: AliOssClient, credentials: Credentials): Promise<PutResult> {
  const transport: ObjectTransport = aliOssTransport(client);
  const provider: KeyProvider = rsaProvider(await generateRsaKeyPair());
  known(aesProvider({ secret: generateAesSecret() }), false);
  const { identity, recipient } = await generateAgeIdentity();
  known(ageProvider({ identities: identity, recipients: recipient }), false);
  known(kmsProvider({ region: 'cn-hangzhou', credentials, keyId: 'k' }), false);
  known(kmsFetchProvider({ region: 'cn-hangzhou', credentials, keyId: 'k' }), false);
  known(fetchTransport({ endpoint: 'https://oss-cn-hangzhou.aliyuncs.com', bucket: 'b', credentials }), false);
  known(rsaKeyPairInFolder({ folder: 'keys' }), false);
  known(crc64, false);
  known(clientCases[0], false);
  known(startOss({ buckets: ['b'] }), false);
  known([defaultOssAccount, aesSecretInFile, ageIdentityInFile, createSealedProvider, presignedTransport], false);
  known([TemporaryFile, UploadBucket, rsaPublicKeyProvider, fileCheckpoint, getToFile, putFileAgain], false);
  const bucket = new EncryptedBucket({ transport, provider, format: 'sealed' });
  const { contentKey, envelope } = await createContentKey(provider, 'oss-crypto');
  const bytes: Uint8Array = known(await encryptBytes(new Uint8Array(5), contentKey), false);
  known(formatEnvelope(envelope), false);
  const failure: unknown = await bucket.get('k').catch((error: unknown) => error);
  if (isOssEnvelopeError(failure, 'ERR_SERVICE')) known<number | undefined>(failure.status, false);
  // @ts-expect-error: there is no such format
  bucket.put('k', 'text', { format: 'none' });
  for await (const chunk of (await bucket.get('k')).chunks()) known<Uint8Array>(chunk, false);
  await putFile(bucket, 'k', 'file');
  return bucket.put('k', bytes);
}
export async function rotate(transport: ObjectTransport, oldKey: KeyProvider, newKey: KeyProvider): Promise<JobReport> {
  const job: Job = { version: 1, id: 'rotate', bucketName: 'b', task: 'rewrap', format: 'sealed', grade: 'direct',
    source: { kind: 'listing', prefix: '' }, filter: {}, targetKeys: targetKeys({ provider: newKey, format: 'sealed' }),
    createdAt: new Date().toISOString() };
  const ledger = known(await createFileLedger('rotate', job), false);
  const source = known(await openSource(ledger.job, { transport }), false);
  const tools = known(jobTools(ledger.job, { transport, provider: newKey, otherProviders: [oldKey] }), false);
  known<'done' | 'paused' | 'cancelled'>(await runLocally({ ledger, source, tools }), false);
  // @ts-expect-error: there is no such task
  known<Job['task']>('shred', false);
  return makeReport(ledger, source.lanes);
}
export type Subject = TransportSubject;
`;

const common = { strict: true, skipLibCheck: false, noEmit: true, types: ['node'] };

/** The oldest library of the language that declarations are for, as services begin with it, and the one that has most. */
const languages = ['ES2020', 'ES2022'];

/** How a program is resolved: the settings, and the kinds of files that are compiled so. */
function resolutions(compiler) {
  const isSix = compiler === 'typescript';
  return {
    node10: {
      options: {
        module: 'CommonJS',
        moduleResolution: isSix ? 'node10' : 'node',
        ...(isSix && { ignoreDeprecations: '6.0' }),
      },
      files: ['ts'],
    },
    node16: { options: { module: 'Node16', moduleResolution: 'Node16' }, files: ['mts', 'cts'] },
    nodenext: { options: { module: 'NodeNext', moduleResolution: 'NodeNext' }, files: ['mts', 'cts'] },
    bundler: {
      options: { module: 'ESNext', moduleResolution: 'Bundler' },
      more: ['DOM'],
      files: ['ts'],
    },
  };
}

/** Each resolution under each language. On every change the oldest compiler is tried with the oldest, the others with the newest. */
const settings = (compiler, isAll) =>
  Object.entries(resolutions(compiler)).flatMap(([resolution, { options, more = [], files }]) =>
    languages
      .filter((language) => isAll || language === languages.at(compiler === compilers[0] ? 0 : -1))
      .map((language) => ({
        config: `${compiler}-${resolution}-${language}.json`,
        compilerOptions: { ...common, target: language, lib: [language, ...more], ...options },
        files,
      })),
  );

export const compilerCases = compilers.map((compiler, index) => ({
  group: 'types',
  name: compiler,
  isFast: index === 0 || index === compilers.length - 1,
  async run({ shared, packed, scratch, nodes, isAll }) {
    // A command has no types, and what it brings has old ones of Node.
    const project = await shared('types', async () => {
      const made = await npmProject(
        scratch('types'),
        packed,
        packed
          .filter(({ manifest }) => manifest.bin === undefined || manifest.main !== undefined)
          .map(({ name }) => name),
        {},
        {},
      );
      await made.write({ 'program.ts': source, 'program.mts': source, 'program.cts': source });
      await made.use('@types/node');
      return made;
    });
    const outputs = [];
    for (const { config, compilerOptions, files } of settings(compiler, isAll)) {
      await project.write({
        [config]: { compilerOptions, files: files.map((extension) => `program.${extension}`) },
      });
      await project.run(nodes[0], [installed(compiler, 'bin', 'tsc'), '-p', config]);
      outputs.push(held);
    }
    return outputs;
  },
}));
