// The programs that users would write, as text: each stores in the local OSS and reads back, and says so at its end.

/** What a program prints when all of it held. */
export const held = 'all of it held';

/** The modules of a program by name, imported or required. */
export function bring(kind, modules) {
  const lines = Object.entries(modules).map(([specifier, names]) =>
    kind === 'require'
      ? `const { ${names} } = require('${specifier}');`
      : `import { ${names.replaceAll(':', ' as')} } from '${specifier}';`,
  );
  return `${lines.join('\n')}\n`;
}

/** What everything that stores by fetch, under an RSA pair, brings. */
export const fetchModules = {
  '@oss-envelope/core': 'EncryptedBucket, isOssEnvelopeError',
  '@oss-envelope/provider-rsa': 'generateRsaKeyPair, rsaProvider',
  '@oss-envelope/transport-fetch': 'fetchTransport',
};

/** A function `roundTrip(where)` over fetch. Its parts are small, so that both kinds of uploads are tried. */
export const roundTrip = `
async function tryBucket(transport, provider, format, key) {
  const bucket = new EncryptedBucket({ transport, provider, format });
  const text = 'seize the day '.repeat(20_000);
  for (const options of [{}, { multipartThresholdBytes: 0, partSizeBytes: 114_688 }]) {
    await bucket.put(key, text, options);
    if ((await (await bucket.get(key)).text()) !== text) throw new Error(format + ': another text came back');
  }
  if (!(await bucket.exists(key))) throw new Error(format + ': the object must exist');
  const failure = await bucket.get(key + '-nothing').catch((error) => error);
  if (!isOssEnvelopeError(failure, 'ERR_SERVICE') || failure.status !== 404)
    throw new Error(format + ': what is not there must be a 404, not ' + failure);
  await bucket.delete(key);
}
async function roundTrip(where) {
  const transport = fetchTransport(where.oss);
  const provider = rsaProvider(await generateRsaKeyPair());
  for (const format of ['sealed', 'oss-crypto']) await tryBucket(transport, provider, format, where.key + '-' + format);
  return '${held}';
}
`;

/** The same for a runtime with processes, told where by its environment. */
export const fetchProgram = (kind) =>
  `${bring(kind, fetchModules)}${roundTrip}
roundTrip(JSON.parse(process.env.OSS_ENVELOPE_WHERE)).then(console.log);
`;

/** Every provider, both transports, files and checkpoints, on Node. */
export const nodeProgram = (kind) => `${bring(kind, {
  ...fetchModules,
  'node:fs/promises': 'mkdtemp, readFile, writeFile',
  'node:os': 'tmpdir',
  'node:path': 'join',
  '@oss-envelope/core/node': 'fileCheckpoint, getToFile, putFile',
  '@oss-envelope/core/upload': 'UploadBucket',
  '@oss-envelope/crc64': 'crc64',
  '@oss-envelope/jobs': 'createFileLedger, jobTools, makeReport, openSource, runLocally, targetKeys',
  '@oss-envelope/provider-aes': 'aesProvider, generateAesSecret',
  '@oss-envelope/provider-age': 'ageProvider, generateAgeIdentity',
  '@oss-envelope/provider-kms': 'kmsProvider',
  '@oss-envelope/provider-kms/fetch': 'kmsFetchProvider',
  '@oss-envelope/provider-rsa/node': 'rsaKeyPairInFolder',
  '@oss-envelope/transport-node': 'aliOssTransport',
})}${kind === 'require' ? "const OSS = require('ali-oss');" : "import OSS from 'ali-oss';"}
${roundTrip}
async function ageKeys() {
  const { recipient, identity } = await generateAgeIdentity();
  return { recipients: recipient, identities: identity };
}
async function rewrapAll(transport, prefix, oldKey, newKey, folder) {
  const keys = ['one', 'two'].map((name) => prefix + name);
  const before = new EncryptedBucket({ transport, provider: oldKey, format: 'sealed' });
  for (const key of keys) await before.put(key, key);
  const ledger = await createFileLedger(folder, { version: 1, id: 'rewrap', bucketName: transport.bucketName, task: 'rewrap',
    format: 'sealed', grade: 'direct', source: { kind: 'listing', prefix }, filter: {},
    targetKeys: targetKeys({ provider: newKey, format: 'sealed' }), createdAt: new Date().toISOString() });
  const source = await openSource(ledger.job, { transport });
  const tools = jobTools(ledger.job, { transport, provider: newKey, otherProviders: [oldKey] });
  await runLocally({ ledger, source, tools });
  const { isComplete, isBalanced, tally } = await makeReport(ledger, source.lanes);
  await ledger.close();
  if (!isComplete || !isBalanced || tally.done !== keys.length) throw new Error('the job came to ' + JSON.stringify(tally));
  const after = new EncryptedBucket({ transport, provider: newKey, format: 'sealed' });
  for (const key of keys) {
    if ((await (await after.get(key)).text()) !== key) throw new Error('the job made another text of ' + key);
    await after.delete(key);
  }
}
async function main() {
  const where = JSON.parse(process.env.OSS_ENVELOPE_WHERE);
  await roundTrip(where);
  if (typeof crc64 !== 'function' || typeof UploadBucket !== 'function') throw new Error('an entry is empty');
  const client = new OSS({ ...where.oss.credentials, bucket: where.oss.bucket, region: 'oss-cn-hangzhou',
    endpoint: where.endpoint, sldEnable: true });
  const transport = aliOssTransport(client);
  const folder = await mkdtemp(join(tmpdir(), 'oss-envelope-consumer-'));
  const providers = {
    aes: aesProvider({ secret: generateAesSecret() }),
    age: ageProvider(await ageKeys()),
    kms: kmsProvider({ endpoint: where.kms.url, credentials: where.kms.credentials, keyId: where.kms.keyId }),
    kmsFetch: kmsFetchProvider({ endpoint: where.kms.url, credentials: where.kms.credentials, keyId: where.kms.keyId }),
    rsa: rsaProvider(await rsaKeyPairInFolder({ folder: join(folder, 'keys'), create: true, modulusBits: 2048 })),
  };
  for (const [name, provider] of Object.entries(providers)) await tryBucket(transport, provider, 'sealed', where.key + name);
  await rewrapAll(transport, where.key + '-job/', providers.rsa, providers.aes, join(folder, 'job'));
  const bucket = new EncryptedBucket({ transport, provider: providers.rsa, format: 'sealed' });
  const [from, to] = [join(folder, 'from'), join(folder, 'to')];
  await writeFile(from, Buffer.alloc(500_000, 7));
  await putFile(bucket, where.key, from, { multipartThresholdBytes: 0, partSizeBytes: 114_688,
    checkpoint: fileCheckpoint(join(folder, 'checkpoint')) });
  await getToFile(bucket, where.key, to);
  if (Buffer.compare(await readFile(from), await readFile(to)) !== 0) throw new Error('another file came back');
  console.log('${held}');
}
main();
`;

/** Every package that JSR would have, each by its name there: in Deno, with no right but to the network of this machine. */
export const jsrProgram = (packages) => {
  const places = Object.fromEntries(
    packages.map(({ manifest: { name, version } }) => [name, `jsr:${name}@^${version}`]),
  );
  const modules = Object.entries({
    ...fetchModules,
    '@oss-envelope/core/adapter': 'retryPolicy',
    '@oss-envelope/core/upload': 'UploadBucket',
    '@oss-envelope/crc64': 'crc64, formatCrc64',
    '@oss-envelope/conformance': 'providerCases, runCases',
    '@oss-envelope/provider-aes': 'aesProvider, generateAesSecret',
    '@oss-envelope/provider-age': 'ageProvider, generateAgeIdentity',
    '@oss-envelope/provider-kms/fetch': 'kmsFetchProvider',
    '@oss-envelope/provider-rsa/public': 'rsaPublicKeyProvider',
  }).map(([specifier, names]) => [specifier.replace(/^@[^/]+[/][^/]+/, (name) => places[name]), names]);
  const unused = Object.values(places).find(
    (place) => !modules.some(([specifier]) => specifier.startsWith(place)),
  );
  if (unused !== undefined) throw new Error(`Say in jsrProgram what ${unused} does.`);
  return `${bring('import', Object.fromEntries(modules))}${roundTrip}
const where = JSON.parse(Deno.env.get('OSS_ENVELOPE_WHERE'));
await roundTrip(where);
if (formatCrc64(crc64(new TextEncoder().encode('123456789'))) !== '11051210869376104954') throw new Error('the check value is wrong');
if (retryPolicy().retries !== 3) throw new Error('the adapter entry is another');
const transport = fetchTransport(where.oss);
const age = await generateAgeIdentity();
const providers = {
  aes: aesProvider({ secret: generateAesSecret() }),
  age: ageProvider({ recipients: age.recipient, identities: age.identity }),
  kms: kmsFetchProvider({ endpoint: where.kms.url, credentials: where.kms.credentials, keyId: where.kms.keyId }),
};
for (const [name, provider] of Object.entries(providers)) await tryBucket(transport, provider, 'sealed', where.key + '-jsr-' + name);
const pair = await generateRsaKeyPair({ modulusBits: 2048 });
await new UploadBucket({ transport, provider: rsaPublicKeyProvider({ publicKey: pair.publicKey }), format: 'sealed' }).put(where.key, 'seize the day');
const read = await new EncryptedBucket({ transport, provider: rsaProvider(pair), format: 'sealed' }).get(where.key);
if ((await read.text()) !== 'seize the day') throw new Error('another text came back');
const subject = {
  createProvider: () => providers.aes,
  createOtherProvider: () => aesProvider({ secret: generateAesSecret() }),
  traits: { formats: ['sealed'] },
};
const { passed, failed } = await runCases(providerCases, subject, { print: () => {} });
if (failed.length > 0 || passed.length < 10) throw new Error(JSON.stringify(failed));
console.log('${held}');
`;
};
