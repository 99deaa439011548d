// What a release would do, without doing it: the versions of a minor change, and the publication of each tarball.
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packagesByPlace, tryJsr } from '../../scripts/packages/jsr.mjs';
import { publishedPackages, root } from '../../scripts/packages/published.mjs';
import { held, jsrProgram } from './programs.mjs';
import { Project } from './projects.mjs';

const nextMinor = (version) =>
  version.replace(/^(\d+)[.](\d+)[.]\d+$/, (_, major, minor) => `${major}.${Number(minor) + 1}.0`);

/** A copy of what versions are made from, in a repository of its own. */
async function copyOfProject(folder) {
  await mkdir(folder, { recursive: true });
  const project = new Project(folder);
  for (const file of ['package.json', 'pnpm-workspace.yaml', '.changeset/config.json'])
    await cp(join(root, file), join(folder, file));
  for (const { folder: name, path } of await publishedPackages()) {
    for (const file of ['package.json', 'CHANGELOG.md'])
      await cp(join(path, file), join(folder, 'packages', name, file));
  }
  await cp(join(root, 'packages/test-kit/package.json'), join(folder, 'packages/test-kit/package.json'));
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  await writeFile(join(folder, '.gitignore'), 'node_modules\n');
  const git = ['-c', 'user.name=release', '-c', 'user.email=release@localhost'];
  await project.run('git', ['init', '--quiet', '--initial-branch=main']);
  await project.run('git', ['add', '--all']);
  await project.run('git', [...git, 'commit', '--quiet', '--message', 'What there is']);
  return project;
}

export const releaseCases = [
  {
    group: 'release',
    name: 'a minor change of core makes one next minor version of everything',
    isFast: true,
    async run({ scratch }) {
      const project = await copyOfProject(scratch('release'));
      await project.write({ '.changeset/change.md': "---\n'@oss-envelope/core': minor\n---\n\nA change.\n" });
      await project.run(process.execPath, [join(root, 'scripts/packages/version.mjs'), project.folder]);
      const before = await publishedPackages();
      for (const [index, { manifest }] of (await publishedPackages(project.folder)).entries()) {
        const expected = nextMinor(before[index].manifest.version);
        if (manifest.version !== expected)
          throw new Error(`${manifest.name} would become ${manifest.version}, not ${expected}`);
        for (const [peer, range] of Object.entries(manifest.peerDependencies ?? {})) {
          if (range !== before[index].manifest.peerDependencies[peer])
            throw new Error(`${manifest.name} would need ${peer} ${range}`);
        }
      }
      const changelog = await readFile(project.path('packages/core/CHANGELOG.md'), 'utf8');
      if (!changelog.includes('A change.')) throw new Error('the changelog does not say the change');
      return [held];
    },
  },
  {
    group: 'release',
    name: 'JSR would take the packages for the web, with their types, and Deno uses each of them',
    isFast: true,
    async run({ deno, denoEnvironment, environment }) {
      const outputs = [];
      const use = async (folder, staged) => {
        const project = new Project(folder);
        await project.write({ 'consumer.js': jsrProgram(staged) });
        const rights = ['--allow-env=OSS_ENVELOPE_WHERE', '--allow-net=127.0.0.1,localhost'];
        const args = ['run', '--no-prompt', '--no-lock', ...rights, 'consumer.js'];
        outputs.push(await project.run(deno, args, { env: { ...environment, ...denoEnvironment } }));
      };
      await tryJsr(deno, { env: denoEnvironment, use });
      const page = await readFile(join(root, 'docs/guide/workers.md'), 'utf8');
      const [, onJsr, onNpm] = /\n## From JSR\n([\s\S]*?)JSR knows no conditions([\s\S]*?)stay on npm/.exec(
        page,
      );
      const { forJsr, forNodeOnly } = await packagesByPlace();
      for (const [text, packages] of [
        [onJsr, forJsr],
        [onNpm, forNodeOnly],
      ]) {
        for (const { folder } of packages)
          if (!text.includes(`\`${folder}\``))
            throw new Error(`docs/guide/workers.md does not say where ${folder} is`);
      }
      return outputs;
    },
  },
  {
    group: 'release',
    name: 'each tarball would be published, with the right access',
    isFast: true,
    async run({ packed, scratch }) {
      await mkdir(scratch('publication'), { recursive: true });
      const project = new Project(scratch('publication'));
      const outputs = [];
      for (const { name, manifest, tarball } of packed) {
        if (manifest.publishConfig.access !== 'public' || manifest.publishConfig.provenance !== true)
          throw new Error(`${name} would not be public, with provenance`);
        // No registry is asked.
        const args = [
          'publish',
          '--dry-run',
          '--json',
          '--registry=http://127.0.0.1:9',
          '--fetch-retries=0',
          '--provenance=false',
        ];
        const said = await project.run('npm', [...args, tarball], { timeoutMs: 60_000 });
        if (!said.includes(`"${name}@${manifest.version}"`))
          throw new Error(`${name} would not be published:\n${said}`);
        outputs.push(held);
      }
      return outputs;
    },
  },
];
