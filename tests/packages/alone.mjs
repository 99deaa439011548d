// Each tarball alone with its peers: every entry by import and by require, and what it does without an optional peer.
import { bring, held } from './programs.mjs';
import { npmProject } from './projects.mjs';

/** What is tried of each package alone: [modules, statements that throw where it does not work]. */
const uses = {
  core: [
    { '@oss-envelope/core': 'decryptBytes, encryptBytes, SecretBytes' },
    `const key = { dataKey: new SecretBytes(new Uint8Array(32).fill(1)), counterBlock: new Uint8Array(16) };
     const back = await decryptBytes(await encryptBytes(new Uint8Array(5).fill(9), key), key);
     if (back.join() !== '9,9,9,9,9') throw new Error('other bytes came back');`,
  ],
  crc64: [
    { '@oss-envelope/crc64': 'crc64, formatCrc64' },
    `const value = crc64(new TextEncoder().encode('123456789'));
     if (BigInt(formatCrc64(value)) !== 0x995dc9bbdf1939fan) throw new Error('the check value is wrong');`,
  ],
  'provider-rsa': wrapping(
    'rsa',
    'generateRsaKeyPair, rsaProvider',
    'rsaProvider(await generateRsaKeyPair())',
  ),
  'provider-aes': wrapping(
    'aes',
    'aesProvider, generateAesSecret',
    'aesProvider({ secret: generateAesSecret() })',
  ),
  'provider-age': wrapping(
    'age',
    'ageProvider, generateAgeIdentity',
    'ageProvider(await generateAgeIdentity().then((made) => ({ recipients: made.recipient, identities: made.identity })))',
  ),
  'provider-kms': [
    { '@oss-envelope/core': 'isOssEnvelopeError', '@oss-envelope/provider-kms': 'kmsProvider' },
    `const provider = kmsProvider({ region: 'cn-hangzhou', credentials: { accessKeyId: 'a', accessKeySecret: 'b' }, keyId: 'k' });
     const failure = await provider.wrapKey({ format: 'sealed' }).catch((error) => error);
     if (!isOssEnvelopeError(failure, 'ERR_MASTER_KEY') || !/npm install @alicloud\\/kms20160120/.test(failure.message))
       throw new Error('a missing SDK must be named: ' + failure);`,
  ],
  'transport-node': [
    { '@oss-envelope/core': 'isOssEnvelopeError', '@oss-envelope/transport-node': 'aliOssTransport' },
    `let failure;
     try { aliOssTransport({}); } catch (error) { failure = error; }
     if (!isOssEnvelopeError(failure, 'ERR_INVALID_ARGUMENT') || !/new OSS/.test(failure.message))
       throw new Error('what is no client must be named: ' + failure);`,
  ],
  'transport-fetch': [
    { '@oss-envelope/transport-fetch': 'presigner' },
    `const where = JSON.parse(process.env.OSS_ENVELOPE_WHERE);
     const { url, headers } = await presigner(where.oss).presignPut('alone', { expiresSeconds: 60 });
     const answer = await fetch(url, { method: 'PUT', headers, body: new Uint8Array(5) });
     if (!answer.ok) throw new Error('the signed request was answered by ' + answer.status + ' ' + (await answer.text()));`,
  ],
  jobs: [
    {
      '@oss-envelope/core': 'isOssEnvelopeError',
      '@oss-envelope/jobs':
        'connectPaces, createFileLedger, jobTools, makeReport, openFileLedger, openSource, parseJob, runLocally',
      'node:fs/promises': 'mkdtemp',
      'node:os': 'tmpdir',
      'node:path': 'join',
    },
    `const keys = ['a', 'b', 'c'];
     const answer = { status: 200, headers: { 'content-length': '5', etag: '"e"' } };
     const page = (startAfter = '') => keys.filter((key) => key > startAfter)
       .map((key) => ({ key, sizeBytes: 5, etag: '"e"', lastModified: new Date(0), storageClass: 'Standard' }));
     const no = async () => { throw new Error('a report must only look'); };
     const transport = { bucketName: 'photos', put: no, get: no, delete: no, head: async () => answer,
       list: async ({ startAfter }) => ({ objects: page(startAfter), commonPrefixes: [], nextContinuationToken: undefined }) };
     const provider = { materialDescription: {}, wraps: { sealed: 'own' }, unwraps: ['own'], wrapKey: no, unwrapKey: no };
     const folder = join(await mkdtemp(join(tmpdir(), 'jobs-')), 'job');
     const ledger = await createFileLedger(folder, parseJob({ version: 1, id: 'alone', bucketName: 'photos', task: 'report',
       format: 'sealed', grade: 'direct', source: { kind: 'listing', prefix: '' }, filter: {}, targetKeys: [],
       createdAt: '2026-11-27T00:00:00Z' }));
     const source = await openSource(ledger.job, { transport });
     await runLocally({ ledger, source, tools: jobTools(ledger.job, { transport, provider }) });
     await ledger.close();
     const again = await openFileLedger(folder);
     const { isComplete, isBalanced, tally } = await makeReport(again, source.lanes);
     await again.close();
     if (!isComplete || !isBalanced || tally.listed !== keys.length)
       throw new Error('the report of three objects is ' + JSON.stringify({ isComplete, isBalanced, tally }));
     const failure = await connectPaces('redis://127.0.0.1:6379').catch((error) => error);
     if (!isOssEnvelopeError(failure, 'ERR_INVALID_ARGUMENT') || !/npm install bullmq/.test(failure.message))
       throw new Error('missing packages must be named: ' + failure);`,
  ],
  conformance: [
    { '@oss-envelope/conformance': 'clientCases, providerCases, transportCases' },
    `if ([clientCases, providerCases, transportCases].some(({ length }) => length < 10)) throw new Error('cases are missing');`,
  ],
  'local-cloud': [
    { '@oss-envelope/local-cloud': 'startOss' },
    `const oss = await startOss({ buckets: ['alone'] });
     const answer = await fetch(oss.origin + '/');
     if (answer.status !== 403) throw new Error('an unsigned request was answered by ' + answer.status);
     await oss.close();`,
  ],
};

function wrapping(name, names, provider) {
  return [
    { [`@oss-envelope/provider-${name}`]: names },
    `const provider = ${provider};
     const wrapped = await provider.wrapKey({ format: 'sealed' });
     const { materialDescription, wraps: { sealed: wrapAlgorithm } } = provider;
     const { wrappedKey } = wrapped;
     const { key } = await provider.unwrapKey({ format: 'sealed', wrapAlgorithm, wrappedKey, materialDescription });
     if (key.bytes.join() !== wrapped.key.bytes.join()) throw new Error('another key came back');`,
  ];
}

const entriesOf = ({ name, manifest }) =>
  Object.keys(manifest.exports)
    .filter((subpath) => !subpath.endsWith('.json'))
    .map((subpath) => name + subpath.slice(1));

function program(kind, pkg) {
  const [modules, statements] = uses[pkg.folder];
  const load = (entry) => (kind === 'require' ? `require('${entry}')` : `await import('${entry}')`);
  const loads = entriesOf(pkg).map((entry) => `['${entry}', ${load(entry)}]`);
  return `${bring(kind, modules)}
async function main() {
  for (const [entry, found] of [${loads}])
    if (entry !== '@oss-envelope/transport-node/files' && Object.keys(found).length === 0) throw new Error(entry + ' exports nothing');
  ${statements}
  console.log('${held}');
}
main();
`;
}

const importedCases = Object.keys(uses).map((folder) => ({
  group: 'alone',
  name: folder,
  isFast: true,
  async run({ packed, scratch, nodes, isAll, environment }) {
    const pkg = packed.find((candidate) => candidate.folder === folder);
    // Optional peers and ali-oss, which is a client that the user makes, are not there.
    const project = await npmProject(scratch(folder), packed, [pkg.name], {}, { legacyPeers: true });
    await project.write({
      'by-import.mjs': program('import', pkg),
      'by-require.cjs': program('require', pkg),
    });
    const outputs = [];
    for (const node of isAll ? nodes : nodes.slice(0, 1)) {
      for (const file of ['by-import.mjs', 'by-require.cjs'])
        outputs.push(await project.run(node, [file], { env: environment }));
    }
    if (folder === 'local-cloud') await project.run('npx', ['--no-install', 'oss-local', '--help']);
    return outputs;
  },
}));

/** The settings of the command in its environment, as people give them to it. */
const settingsOf = ({ oss }, home) => ({
  HOME: home,
  OSS_ENDPOINT: oss.endpoint,
  OSS_REGION: oss.region,
  OSS_ACCESS_KEY_ID: oss.credentials.accessKeyId,
  OSS_ACCESS_KEY_SECRET: oss.credentials.accessKeySecret,
  LC_ALL: 'C',
});

export const aloneCases = [
  ...importedCases,
  {
    group: 'alone',
    name: 'cli',
    isFast: true,
    async run({ packed, scratch, nodes, isAll, where }) {
      const project = await npmProject(scratch('cli'), packed, ['@oss-envelope/cli']);
      const env = settingsOf(where, project.folder);
      const text = 'seize the day\n';
      await project.write({ 'motto.txt': text });
      const outputs = [];
      for (const [index, node] of (isAll ? nodes : nodes.slice(0, 1)).entries()) {
        const command = (...args) =>
          project.run(node, ['node_modules/@oss-envelope/cli/bin/oss-envelope.js', ...args], { env });
        const expectSaid = (said, expected) => {
          if (!said.includes(expected)) throw new Error(`the command said not "${expected}", but:\n${said}`);
        };
        const [secret, key] = [`secret-${index}`, `oss://${where.oss.bucket}/cli-${index}/motto.txt`];
        expectSaid(await command('--help'), 'Usage: oss-envelope');
        expectSaid(await command('keygen', 'aes', secret), 'Fingerprint');
        expectSaid(await command('cp', '--secret-file', secret, 'motto.txt', key), '14 B');
        expectSaid(await command('cat', '--secret-file', secret, key), text);
        expectSaid(await command('verify', '--secret-file', secret, key), 'authenticated');
        expectSaid(await command('jobs', 'run', '--help'), 'oss-envelope jobs');
        outputs.push(held);
      }
      return outputs;
    },
  },
];
