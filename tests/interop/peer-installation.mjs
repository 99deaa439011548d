// Installs the peers of peers.json, each by its own package manager, into a cache folder; says how to start each. The
// SDKs that are installed by hand are left alone: only our driver is compiled.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const drivers = fileURLToPath(new URL('./drivers', import.meta.url));
const certificate = fileURLToPath(new URL('./tls/certificate.pem', import.meta.url));
const installMs = 8 * 60 * 1000;

/** Runs a program to its end; rejects with the tail of what it printed. */
function run(program, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'], timeout: installMs });
    let printed = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        printed = (printed + chunk).slice(-4000);
      });
    }
    child.on('error', (error) => reject(new Error(`${program} does not start: ${error.message}`)));
    child.on('close', (code, signal) => {
      if (code === 0) resolve(printed.trim());
      else reject(new Error(`${program} ${args.join(' ')} ended with ${code ?? signal}:\n${printed.trim()}`));
    });
  });
}

async function firstThatRuns(programs, args) {
  for (const program of programs) {
    try {
      await run(program, args);
      return program;
    } catch {
      // The next name, then.
    }
  }
  throw new Error(`none of ${programs.join(', ')} runs here`);
}

/** How each kind of peer is installed into a folder, and started from it. */
const kinds = {
  python: {
    async install({ packages }, folder) {
      const python = await firstThatRuns(['python3', 'python'], ['--version']);
      await run(python, ['-m', 'venv', folder]);
      await run(join(folder, 'bin', 'python'), [
        ...['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input'],
        ...packages,
      ]);
    },
    start: ({ driver }, folder) => ({
      program: join(folder, 'bin', 'python'),
      args: ['-u', join(drivers, 'python', driver)],
      env: { ALIBABA_CLOUD_CA_BUNDLE: certificate, PYTHONDONTWRITEBYTECODE: '1' },
    }),
  },
  go: {
    async install({ driver }, folder) {
      const source = join(folder, 'source');
      await cp(join(drivers, driver), source, { recursive: true });
      await cp(join(drivers, 'go', 'protocol.go'), join(source, 'protocol.go'));
      await run('go', ['build', '-mod=readonly', '-o', join(folder, 'driver'), '.'], { cwd: source });
    },
    start: (_, folder) => ({
      program: join(folder, 'driver'),
      args: [],
      // The roots of Go's TLS.
      env: { SSL_CERT_FILE: certificate },
    }),
  },
  'go-program': {
    install: ({ source }, folder) =>
      run('go', ['build', '-o', join(folder, 'program'), join(root, source)], { cwd: folder }),
    start: (_, folder) => ({ program: join(folder, 'program'), args: [], env: {} }),
  },
  java: {
    async install({ driver, version }, folder) {
      const [source, classes, libraries] = [
        join(drivers, driver),
        join(folder, 'classes'),
        join(folder, 'lib'),
      ];
      await mkdir(classes, { recursive: true });
      await run('mvn', [
        ...['--batch-mode', '--quiet', '--file', join(source, 'pom.xml'), `-Dsdk.version=${version}`],
        ...['dependency:copy-dependencies', `-DoutputDirectory=${libraries}`],
      ]);
      const sources = (await readdir(source)).filter((name) => name.endsWith('.java'));
      await run('javac', [
        ...['-d', classes, '-cp', join(libraries, '*'), '-encoding', 'UTF-8'],
        ...sources.map((name) => join(source, name)),
      ]);
      await run('keytool', [
        ...['-importcert', '-noprompt', '-alias', 'local-kms', '-file', certificate],
        ...['-keystore', join(folder, 'trust.p12'), '-storetype', 'PKCS12', '-storepass', 'changeit'],
      ]);
    },
    start: (_, folder) => ({
      program: 'java',
      args: [
        ...[
          `-Djavax.net.ssl.trustStore=${join(folder, 'trust.p12')}`,
          '-Djavax.net.ssl.trustStorePassword=changeit',
        ],
        ...['-Xmx512m', '-cp', `${join(folder, 'classes')}:${join(folder, 'lib')}/*`, 'Driver'],
      ],
      env: {},
    }),
  },
  cpp: {
    async install({ driver, variable }, folder) {
      const compiler = await firstThatRuns(['g++', 'clang++', 'c++'], ['--version']);
      const sdk = process.env[variable];
      await run(compiler, [
        ...['-std=c++11', '-O1', '-o', join(folder, 'driver'), join(drivers, driver, 'driver.cc')],
        ...['-I', join(sdk, 'include'), '-L', join(sdk, 'lib'), '-L', join(sdk, 'lib64')],
        ...['-lalibabacloud-oss-cpp-sdk', '-lcurl', '-lcrypto', '-lpthread'],
      ]);
    },
    start: (_, folder) => ({ program: join(folder, 'driver'), args: [], env: {} }),
  },
  php: {
    install: () => firstThatRuns(['php'], ['--version']),
    start: ({ driver }) => ({ program: 'php', args: [join(drivers, driver, 'driver.php')], env: {} }),
  },
};

/** What an installation depends on: the pins, and for compiled drivers their sources. */
async function fingerprint(peer) {
  const hash = createHash('sha256')
    .update(JSON.stringify(peer))
    .update(process.env[peer.variable] ?? '')
    .update(await readFile(certificate));
  if (peer.source !== undefined) hash.update(await readFile(join(root, peer.source)));
  else if (peer.kind !== 'python') {
    const sources = join(drivers, peer.kind);
    const entries = await readdir(sources, { recursive: true, withFileTypes: true });
    const files = entries
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name));
    for (const file of files.sort()) hash.update(file).update(await readFile(file));
  }
  return hash.digest('hex');
}

/** Where a peer is, or will be, installed; and whether that is what peers.json and the drivers' sources ask for. */
async function placeOf(peer, cacheFolder) {
  const folder = join(cacheFolder, peer.name.toLowerCase().replace(/[^a-z0-9.]+/g, '-'));
  const stamp = join(folder, 'installed');
  const wanted = await fingerprint(peer);
  return { folder, stamp, wanted, isCurrent: (await readFile(stamp, 'utf8').catch(() => '')) === wanted };
}

/**
 * Installs a peer unless it is there already. Returns the program that starts its driver.
 *
 * @throws Error with what the package manager or the compiler said
 */
export async function installPeer(peer, cacheFolder) {
  const { folder, stamp, wanted, isCurrent } = await placeOf(peer, cacheFolder);
  const kind = kinds[peer.kind];
  if (!isCurrent) {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    await kind.install(peer, folder);
    await writeFile(stamp, wanted);
  }
  return kind.start(peer, folder);
}

/** The program that starts a peer's driver, if the peer is installed; nothing is installed. */
export async function findPeer(peer, cacheFolder) {
  const { folder, isCurrent } = await placeOf(peer, cacheFolder);
  return isCurrent ? kinds[peer.kind].start(peer, folder) : undefined;
}
