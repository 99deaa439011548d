// All packages with all their peers in one project, on each Node, and in the hands of other package managers.
import { mkdir } from 'node:fs/promises';
import { root } from '../../scripts/packages/published.mjs';
import { fetchProgram, held, nodeProgram, roundTrip } from './programs.mjs';
import { catalog, manifestOf, npmProject, Project } from './projects.mjs';

const fetchPackages = ['@oss-envelope/core', '@oss-envelope/provider-rsa', '@oss-envelope/transport-fetch'];

/** 2,000 KiB: what an install of the packages for a page may weigh, with all that they bring, by `du -sb`. */
const mostInstalledBytes = 2_048_000;

/** A client that was imported, with what was required, and the other way. */
const mixedProgram = `
import { createRequire } from 'node:module';
import * as core from '@oss-envelope/core';
import * as rsa from '@oss-envelope/provider-rsa';
import * as http from '@oss-envelope/transport-fetch';
const require = createRequire(import.meta.url);
const other = { core: require('@oss-envelope/core'), rsa: require('@oss-envelope/provider-rsa'), http: require('@oss-envelope/transport-fetch') };
if (other.core.EncryptedBucket === core.EncryptedBucket) throw new Error('the two must be two copies');
const where = JSON.parse(process.env.OSS_ENVELOPE_WHERE);
for (const [mine, its] of [[{ core, rsa, http }, other], [other, { core, rsa, http }]]) {
  const { EncryptedBucket, isOssEnvelopeError } = mine.core;
  const { fetchTransport } = its.http;
  const { generateRsaKeyPair, rsaProvider } = its.rsa;
  ${roundTrip}
  await roundTrip(where);
  const bucket = new EncryptedBucket({ transport: fetchTransport(where.oss), provider: rsaProvider(await generateRsaKeyPair()), format: 'sealed' });
  const failure = await bucket.get('nothing').catch((error) => error);
  if (!(failure instanceof mine.core.ServiceError) || !(failure instanceof its.core.ServiceError) || failure instanceof its.core.TransportError)
    throw new Error('both copies must know the error');
  if (!(new its.core.SecretBytes(new Uint8Array(1)) instanceof mine.core.SecretBytes)) throw new Error('both copies must know a secret');
}
console.log('${held}');
`;

/** All packages, with ali-oss and the SDK of KMS. */
export const everythingProject = ({ shared, packed, scratch }) =>
  shared('everything', async () => {
    const versions = await catalog(root);
    const others = ['ali-oss', '@alicloud/kms20160120'].map((name) => [name, versions[name]]);
    const names = packed.map(({ name }) => name);
    return npmProject(scratch('everything'), packed, names, Object.fromEntries(others));
  });

export const togetherCases = [
  {
    group: 'together',
    name: 'by fetch under RSA: what it weighs, by import, by require and by both, on each Node',
    isFast: true,
    async run({ packed, scratch, nodes, environment }) {
      const project = await npmProject(scratch('by-fetch'), packed, fetchPackages);
      const bytes = Number((await project.run('du', ['-sb', 'node_modules'])).split('\t')[0]);
      if (!(bytes <= mostInstalledBytes))
        throw new Error(`an install weighs ${bytes} bytes, and may weigh ${mostInstalledBytes}`);
      console.log(`  an install weighs ${bytes} bytes`);
      await project.write({
        'by-import.mjs': fetchProgram('import'),
        'by-require.cjs': fetchProgram('require'),
        'by-both.mjs': mixedProgram,
      });
      const outputs = [];
      for (const node of nodes) {
        for (const file of ['by-import.mjs', 'by-require.cjs', 'by-both.mjs'])
          outputs.push(await project.run(node, [file], { env: environment }));
      }
      return outputs;
    },
  },
  {
    group: 'together',
    name: 'everything on Node, with ali-oss and the SDK of KMS',
    isFast: true,
    async run(context) {
      const { nodes, environment } = context;
      const project = await everythingProject(context);
      await project.write({
        'by-import.mjs': nodeProgram('import'),
        'by-require.cjs': nodeProgram('require'),
      });
      const outputs = [];
      for (const node of nodes) {
        for (const file of ['by-import.mjs', 'by-require.cjs'])
          outputs.push(await project.run(node, [file], { env: environment }));
      }
      return outputs;
    },
  },
  {
    group: 'managers',
    name: 'pnpm',
    async run({ packed, scratch, nodes, environment, pnpm }) {
      const project = await otherProject(scratch('pnpm'), packed);
      await pnpm(
        ['install', '--ignore-workspace', '--ignore-scripts', '--no-frozen-lockfile'],
        project.folder,
      );
      return [
        await project.run(nodes[0], ['by-import.mjs'], { env: environment }),
        await project.run(nodes[0], ['by-require.cjs'], { env: environment }),
      ];
    },
  },
  {
    group: 'managers',
    name: 'Bun',
    async run({ packed, scratch, bun, environment }) {
      const project = await otherProject(scratch('bun'), packed);
      await project.run(bun, ['install', '--ignore-scripts']);
      return [
        await project.run(bun, ['by-import.mjs'], { env: environment }),
        await project.run(bun, ['by-require.cjs'], { env: environment }),
      ];
    },
  },
  {
    group: 'managers',
    name: 'Deno',
    async run({ packed, scratch, deno, denoEnvironment, environment }) {
      // Deno takes no tarballs: it uses what npm installed, as in every project with a package.json.
      const project = await npmProject(scratch('deno'), packed, fetchPackages);
      await project.write(programs);
      const args = ['run', '--allow-all', '--no-lock', '--node-modules-dir=manual'];
      const env = { ...environment, ...denoEnvironment };
      return [
        await project.run(deno, [...args, 'by-import.mjs'], { env }),
        await project.run(deno, [...args, 'by-require.cjs'], { env }),
      ];
    },
  },
];

const programs = { 'by-import.mjs': fetchProgram('import'), 'by-require.cjs': fetchProgram('require') };

async function otherProject(folder, packed) {
  await mkdir(folder, { recursive: true });
  const project = new Project(folder);
  await project.write({ 'package.json': manifestOf(packed, fetchPackages), ...programs });
  return project;
}
