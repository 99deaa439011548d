// What a release would do, without doing it: the versions of a minor change, and the publication, to a registry here.
import { once } from 'node:events';
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
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

/** A copy of what is published, built, that asks for no provenance: only the workflow itself can give that. */
async function copyToPublish(folder) {
  const project = await copyOfProject(folder);
  await cp(join(root, 'pnpm-lock.yaml'), project.path('pnpm-lock.yaml'));
  for (const { folder: name, path, manifest } of await publishedPackages()) {
    const place = join(folder, 'packages', name);
    for (const file of ['README.md', 'LICENSE', 'dist', ...(manifest.bin === undefined ? [] : ['bin'])])
      await cp(join(path, file), join(place, file), { recursive: true });
    await symlink(join(path, 'node_modules'), join(place, 'node_modules'));
    const publishConfig = { ...manifest.publishConfig, provenance: undefined };
    await writeFile(join(place, 'package.json'), JSON.stringify({ ...manifest, publishConfig }));
  }
  return project;
}

/** A registry of npm that has nothing, and keeps what it is given. */
async function startRegistry() {
  const published = new Map();
  const server = createServer(async (request, response) => {
    const name = decodeURIComponent(request.url.slice(1));
    if (request.method !== 'PUT') return response.writeHead(404).end('{"error":"not found"}');
    published.set(name, JSON.parse(await text(request)));
    response.writeHead(201, { 'content-type': 'application/json' }).end('{"ok":true}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = () => new Promise((done) => server.close(done).closeAllConnections());
  return { host: `127.0.0.1:${server.address().port}`, published, close };
}

/** @throws Error when a package was published as people would not want it */
function assertPublished({ name, manifest }, { access, versions, 'dist-tags': tags }) {
  const { version, publishConfig } = manifest;
  if (publishConfig.access !== 'public' || access !== 'public' || publishConfig.provenance !== true)
    throw new Error(`${name} would not be public, with provenance`);
  if (JSON.stringify(tags) !== JSON.stringify({ latest: version }))
    throw new Error(`${name}@${version} would be tagged ${JSON.stringify(tags)}`);
  const { exports, dependencies, peerDependencies } = versions[version];
  const shown = JSON.stringify({ exports, dependencies, peerDependencies });
  if (/"workspace:|"catalog:|@oss-envelope[/]source/.test(shown))
    throw new Error(`${name} would name what only this repository has: ${shown}`);
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
    name: 'the workflow would publish the versions that are here, for everyone, as the newest',
    isFast: true,
    async run({ packed, scratch }) {
      const project = await copyToPublish(scratch('publication'));
      const workflow = await readFile(join(root, '.github/workflows/release.yml'), 'utf8');
      const [, command] = /- run: (npx .* changeset publish .*)/.exec(workflow) ?? [];
      if (command === undefined) throw new Error('the workflow does not publish by changesets');
      const registry = await startRegistry();
      try {
        await project.write({ '.npmrc-of-user': `//${registry.host}/:_authToken=of-this-machine\n` });
        // npx fetches pnpm from where it always does.
        const settings = [
          `NPM_CONFIG_USERCONFIG=${project.path('.npmrc-of-user')}`,
          `npm_config_registry=http://${registry.host}/`,
          'npm_config_fetch_retries=0',
        ];
        await project.run('bash', ['-c', command.replace(' exec ', ` exec env ${settings.join(' ')} `)]);
        const names = [...registry.published.keys()].sort();
        if (
          names.join() !==
          packed
            .map(({ name }) => name)
            .sort()
            .join()
        )
          throw new Error(`it would publish ${names.join(', ') || 'nothing'}`);
        return packed.map((pkg) => {
          assertPublished(pkg, registry.published.get(pkg.name));
          return held;
        });
      } finally {
        await registry.close();
      }
    },
  },
];
