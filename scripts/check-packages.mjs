// Packs every published package, checks the tarballs with publint and arethetypeswrong, and imports what they hold
// from an empty project, as a user would.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const scratch = mkdtempSync(join(tmpdir(), 'oss-envelope-packages-'));
const pnpm = (args, cwd = root) =>
  execFileSync('npx', ['--yes', packageManager, ...args], { cwd, stdio: 'pipe', encoding: 'utf8' });

/** Node 20 is the oldest that is served; it can `require` no ES module with certainty, so only imports are promised. */
const typesProfile = ['--profile', 'esm-only'];

function readPackages() {
  return readdirSync(join(root, 'packages'))
    .map((folder) => {
      const path = join(root, 'packages', folder);
      return { folder: path, ...JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')) };
    })
    .filter((pkg) => !pkg.private);
}

function pack(pkg) {
  const { filename } = JSON.parse(pnpm(['pack', '--json', '--pack-destination', scratch], pkg.folder));
  return filename.startsWith('/') ? filename : join(scratch, filename);
}

function entriesOf(pkg) {
  return Object.keys(pkg.exports)
    .filter((entry) => !entry.endsWith('.json'))
    .map((entry) => join(pkg.name, entry));
}

try {
  const packages = readPackages();
  const tarballs = new Map();
  for (const pkg of packages) {
    const tarball = pack(pkg);
    tarballs.set(pkg.name, tarball);
    pnpm(['exec', 'publint', '--strict', tarball]);
    pnpm(['exec', 'attw', '--no-emoji', ...typesProfile, tarball]);
    console.log(`${pkg.name}: publint and attw agree`);
  }

  const project = join(scratch, 'project');
  execFileSync('mkdir', ['-p', project]);
  const peers = packages
    .flatMap((pkg) => Object.keys(pkg.peerDependencies ?? {}))
    .filter((name) => !tarballs.has(name));
  const catalog = readFileSync(join(root, 'pnpm-workspace.yaml'), 'utf8');
  const versionOf = (name) => catalog.match(new RegExp(`^\\s+"?${name}"?: (\\S+)$`, 'm'))?.[1] ?? '*';
  const local = Object.fromEntries([...tarballs].map(([name, tarball]) => [name, `file:${tarball}`]));
  const manifest = {
    name: 'consumer',
    private: true,
    type: 'module',
    dependencies: { ...local, ...Object.fromEntries(peers.map((name) => [name, versionOf(name)])) },
    // The packages name each other by version; none of those versions need be published yet.
    overrides: local,
  };
  writeFileSync(join(project, 'package.json'), JSON.stringify(manifest));
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts'], {
    cwd: project,
    stdio: 'pipe',
  });
  const entries = packages.flatMap(entriesOf);
  const program = entries.map((entry, index) => `import * as m${index} from '${entry}';`).join('\n');
  const check = `if ([${entries.map((_, index) => `m${index}`)}].some((m) => Object.keys(m).length === 0)) throw new Error('an entry exports nothing');`;
  writeFileSync(join(project, 'consumer.mjs'), `${program}\n${check}\nconsole.log('imported');\n`);
  execFileSync(process.execPath, ['consumer.mjs'], { cwd: project, stdio: 'inherit' });
  console.log(`${entries.length} entries of ${packages.length} packages import from their tarballs`);
} catch (error) {
  console.error(error.message, error.stdout ?? '', error.stderr ?? '');
  process.exitCode = 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
