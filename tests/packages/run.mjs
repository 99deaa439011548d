// The published packages, as tarballs, in empty projects: see the files beside this one for what is tried.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { cacheFolder, installRuntimes, installed as runtime } from '../runtimes/installation.mjs';
import { aloneCases } from './alone.mjs';
import { bundlerCases } from './bundlers.mjs';
import { compilerCases } from './compilers.mjs';
import { frameworkCases } from './frameworks.mjs';
import { installTools } from './installation.mjs';
import { held } from './programs.mjs';
import { npmProject } from './projects.mjs';
import { releaseCases } from './release.mjs';
import { runnerCases } from './runners.mjs';
import { assertContents, assertLinted, packAll, pnpm } from './tarballs.mjs';
import { togetherCases } from './together.mjs';

const usage = `usage: node tests/packages/run.mjs [--all] [--only TEXT]...

  --all        compilers, bundlers, test runners and package managers too, and what runs on one Node on each
  --only TEXT  run the cases whose group or name has it; may be repeated`;

/** Fewer cases than this mean that some were lost. */
const fewest = { fast: 20, all: 34 };

const cases = [
  ...aloneCases,
  ...togetherCases,
  ...compilerCases,
  ...bundlerCases,
  ...frameworkCases,
  ...runnerCases,
  ...releaseCases,
];

/** The local OSS and KMS of the tarball, in this process. */
async function startWorld(packed, folder) {
  const project = await npmProject(folder, packed, ['@oss-envelope/local-cloud']);
  const cloud = await import(
    pathToFileURL(project.path('node_modules/@oss-envelope/local-cloud/dist/esm/index.js')).href
  );
  const oss = await cloud.startOss({ buckets: ['packages'] });
  const kms = await cloud.startKms();
  const where = {
    key: 'consumer',
    endpoint: oss.endpoint,
    oss: {
      endpoint: oss.origin,
      bucket: 'packages',
      region: oss.region,
      credentials: { ...cloud.defaultOssAccount },
    },
    kms: { url: kms.url, credentials: { ...cloud.defaultKmsAccount }, keyId: await kms.createKey({}) },
  };
  return {
    where,
    async close() {
      await oss.close();
      await kms.close();
    },
  };
}

/** Whether it held; says so, with the time it took. */
async function runCase({ group, name, run }, context) {
  const startedMs = performance.now();
  const seconds = () => `${((performance.now() - startedMs) / 1000).toFixed(0)} s`;
  try {
    const outputs = await run(context);
    if (outputs.length === 0) throw new Error('nothing was run');
    const other = outputs.find((output) => !output.includes(held));
    if (other !== undefined) throw new Error(`it did not come to its end:\n${other}`);
    console.log(`${group}: ${name} (${outputs.length} runs, ${seconds()})`);
    return true;
  } catch (error) {
    console.error(`${group}: ${name} FAILED (${seconds()})\n  ${error.message}`);
    return false;
  }
}

async function main() {
  const { values } = parseArgs({
    options: {
      all: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(usage);
  const isChosen = ({ group, name, isFast }) =>
    values.only.length > 0
      ? values.only.some((text) => `${group}: ${name}`.includes(text))
      : values.all || isFast;
  const chosen = cases.filter(isChosen);
  const least = values.only.length > 0 ? 1 : fewest[values.all ? 'all' : 'fast'];
  if (chosen.length < least) throw new Error(`Only ${chosen.length} cases; there are at least ${least}.`);

  await installRuntimes();
  await installTools();
  const folder = await mkdtemp(join(tmpdir(), 'oss-envelope-packages-'));
  let world;
  try {
    const packed = await packAll(folder);
    const untried = packed.find(({ folder }) => !aloneCases.some(({ name }) => name === folder));
    if (untried !== undefined)
      throw new Error(`Nothing is tried of ${untried.name}: say in alone.mjs what it does.`);
    if (values.only.length === 0) {
      for (const pkg of packed) {
        await assertContents(pkg);
        await assertLinted(pkg);
      }
      console.log(`${packed.length} tarballs hold what they should; publint and attw agree`);
    }
    world = await startWorld(packed, join(folder, 'world'));
    const made = new Map();
    const context = {
      packed,
      /** A project that several cases use. */
      shared(name, make) {
        if (!made.has(name)) made.set(name, make());
        return made.get(name);
      },
      pnpm,
      isAll: values.all,
      scratch: (name) => join(folder, name.replaceAll(/\W+/g, '-')),
      where: world.where,
      environment: { OSS_ENVELOPE_WHERE: JSON.stringify(world.where) },
      nodes: ['20', '22', '24'].map((version) => runtime(`node-${version}`, 'bin', 'node')),
      bun: runtime('bun', 'bin', 'bun'),
      deno: runtime('deno', 'deno'),
      denoEnvironment: { DENO_DIR: join(cacheFolder, 'deno'), DENO_NO_UPDATE_CHECK: '1' },
      workerd: runtime('workerd', 'bin', 'workerd'),
    };
    let failures = 0;
    for (const each of chosen) if (!(await runCase(each, context))) failures += 1;
    console.log(`${chosen.length - failures} of ${chosen.length} held`);
    if (failures > 0) process.exitCode = 1;
  } finally {
    await world?.close();
    await rm(folder, { recursive: true, force: true });
  }
}

await main();
