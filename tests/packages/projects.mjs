// Empty projects with packed packages in them, as users make them.
import { execFile, spawn } from 'node:child_process';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { installed } from './installation.mjs';

const execute = promisify(execFile);

export class Project {
  constructor(folder) {
    this.folder = folder;
  }

  async write(files) {
    for (const [path, content] of Object.entries(files)) {
      const file = join(this.folder, path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content, undefined, 2));
    }
  }

  path(...parts) {
    return join(this.folder, ...parts);
  }

  /** Runs a program to its end. @returns what it printed @throws Error with what it printed */
  async run(program, args, { env = {}, timeoutMs = 300_000 } = {}) {
    try {
      const { stdout, stderr } = await execute(program, args, {
        cwd: this.folder,
        env: { ...process.env, NO_COLOR: '1', CI: 'true', NODE_OPTIONS: '', ...env },
        timeout: timeoutMs,
        maxBuffer: 1 << 26,
      });
      return `${stdout}${stderr}`;
    } catch (error) {
      const printed = `${error.stdout ?? ''}${error.stderr ?? ''}`.slice(-4000);
      throw new Error(
        `${program} ${args.join(' ')} in ${this.folder}: ${error.message.split('\n')[0]}\n${printed}`,
      );
    }
  }

  /** Starts a program that goes on. */
  start(program, args, { env = {}, stdio = 'pipe' } = {}) {
    return spawn(program, args, { cwd: this.folder, env: { ...process.env, CI: 'true', ...env }, stdio });
  }

  /** Has tools of the pinned installation beside its packages. */
  async use(...names) {
    for (const name of names) {
      await mkdir(dirname(this.path('node_modules', name)), { recursive: true });
      await symlink(installed(name), this.path('node_modules', name)).catch((error) => {
        if (error.code !== 'EEXIST') throw error;
      });
    }
  }
}

/** The packages that a package names, all the way down, as far as they are packed here. */
function closure(packed, names) {
  const found = new Map();
  const visit = (name) => {
    const pkg = packed.find((candidate) => candidate.name === name);
    if (pkg === undefined || found.has(name)) return;
    found.set(name, pkg);
    Object.keys({ ...pkg.manifest.dependencies, ...pkg.manifest.peerDependencies }).forEach(visit);
  };
  names.forEach(visit);
  return [...found.values()];
}

/**
 * The package.json of a project that depends on packed packages, and on others by version. The packages name each other
 * by version; none of those need be published yet.
 */
export function manifestOf(packed, names, others = {}, more = {}) {
  const local = Object.fromEntries(
    closure(packed, names).map(({ name, tarball }) => [name, `file:${tarball}`]),
  );
  return {
    name: 'consumer',
    private: true,
    dependencies: { ...local, ...others },
    overrides: local,
    pnpm: { overrides: local },
    ...more,
  };
}

/** A project with packed packages, and others by version, installed by npm. */
export async function npmProject(folder, packed, names, others = {}, more = {}) {
  const project = new Project(folder);
  await project.write({ 'package.json': manifestOf(packed, names, others, more) });
  await project.run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--prefer-offline']);
  return project;
}

/** The versions of the workspace's catalog. */
export async function catalog(root) {
  const text = await readFile(join(root, 'pnpm-workspace.yaml'), 'utf8');
  return Object.fromEntries(
    [...text.matchAll(/^ {2}"?([@\w/-]+)"?: ([~^\d.]+)$/gm)].map(([, name, version]) => [name, version]),
  );
}
