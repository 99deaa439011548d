// The packages in the hands of test runners: Jest as it is set up by default, which requires, and with TypeScript.
import { stripVTControlCharacters } from 'node:util';
import { installed } from './installation.mjs';
import { bring, fetchModules, held, roundTrip } from './programs.mjs';
import { npmProject } from './projects.mjs';

const fetchPackages = ['@oss-envelope/core', '@oss-envelope/provider-rsa', '@oss-envelope/transport-fetch'];
/** provider-age stands on ES modules, and transport-node on ali-oss. */
const otherPackages = [
  '@oss-envelope/provider-age',
  '@oss-envelope/provider-aes',
  '@oss-envelope/provider-kms',
];

const testOf = (head) => `${head}
test('a round trip', async () => {
  expect(await roundTrip(JSON.parse(process.env.OSS_ENVELOPE_WHERE))).toBe('${held}');
}, 60_000);
`;

const otherTest = `
const { ageProvider, generateAgeIdentity } = require('@oss-envelope/provider-age');
const { isOssEnvelopeError } = require('@oss-envelope/core');
const { kmsProvider } = require('@oss-envelope/provider-kms');
test('a library of ES modules is no stumbling block', async () => {
  const { identity, recipient } = await generateAgeIdentity({ kind: 'x25519' });
  const provider = ageProvider({ identities: identity, recipients: recipient });
  expect((await provider.wrapKey({ format: 'sealed' })).wrappedKey.length).toBeGreaterThan(32);
}, 60_000);
test('a missing SDK is named', async () => {
  const provider = kmsProvider({ region: 'cn-hangzhou', credentials: { accessKeyId: 'a', accessKeySecret: 'b' }, keyId: 'k' });
  const failure = await provider.wrapKey({ format: 'sealed' }).catch((error) => error);
  expect(isOssEnvelopeError(failure, 'ERR_MASTER_KEY') && /npm install @alicloud/.test(failure.message)).toBe(true);
});
`;

/** What a run says when it ran what it should, and nothing failed. */
function passed(output, count) {
  if (!new RegExp(`Tests:? +${count} passed`).test(stripVTControlCharacters(output)))
    throw new Error(`not ${count} tests passed:\n${output}`);
  return held;
}

async function runnerProject({ shared, packed, scratch }) {
  return shared('runners', async () => {
    const project = await npmProject(scratch('runners'), packed, [...fetchPackages, ...otherPackages]);
    const typed = roundTrip
      .replaceAll(
        '(transport, provider, format, key)',
        '(transport: any, provider: any, format: any, key: string)',
      )
      .replaceAll('(where)', '(where: any)')
      .replaceAll('(error)', '(error: any)')
      .replace('roundTrip(where: any) {', 'roundTrip(where: any): Promise<string> {');
    await project.write({
      'jest/trip.test.js': testOf(bring('require', fetchModules) + roundTrip),
      'jest/others.test.js': otherTest,
      'jest/jest.config.js': 'module.exports = {};',
      'ts-jest/trip.test.ts': testOf(bring('import', fetchModules) + typed),
      'ts-jest/jest.config.js': "module.exports = { preset: 'ts-jest' };",
      'ts-jest/tsconfig.json': {
        compilerOptions: {
          target: 'ES2022',
          module: 'Node16',
          moduleResolution: 'Node16',
          strict: true,
          esModuleInterop: true,
          isolatedModules: true,
          types: ['node'],
        },
      },
      'vitest/trip.test.mjs': testOf(
        `import { expect, test } from 'vitest';\n${bring('import', fetchModules)}${roundTrip}`,
      ),
      'vitest/vitest.config.mjs': 'export default {};',
    });
    await project.use('jest', 'ts-jest', 'typescript', 'vitest', '@types/node');
    return project;
  });
}

const runnerCase = (name, args, count) => ({
  group: 'test runners',
  name,
  async run(context) {
    const project = await runnerProject(context);
    return [passed(await project.run(context.nodes[1], args, { env: context.environment }), count)];
  },
});

const jest = installed('jest', 'bin', 'jest.js');

export const runnerCases = [
  runnerCase('Jest', [jest, '--rootDir', 'jest'], 3),
  runnerCase('ts-jest', [jest, '--rootDir', 'ts-jest', '--config', 'ts-jest/jest.config.js'], 1),
  runnerCase('vitest', [installed('vitest', 'vitest.mjs'), 'run', '--root', 'vitest'], 1),
];
