// Sealed objects, and the documented system, on a local OSS and KMS: `npm run demo`.
import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { EncryptedBucket } from '@oss-envelope/core';
import { getToFile, putFile } from '@oss-envelope/core/node';
import { defaultKmsAccount, defaultOssAccount, startKms, startOss } from '@oss-envelope/local-cloud';
import { kmsProvider } from '@oss-envelope/provider-kms';
import { rsaProvider } from '@oss-envelope/provider-rsa';
import { rsaKeyPairInFolder } from '@oss-envelope/provider-rsa/node';
import { aliOssTransport } from '@oss-envelope/transport-node';
import OSS from 'ali-oss';
import cliProgress from 'cli-progress';

const mebibyte = 1024 * 1024;
const folder = await mkdtemp(join(tmpdir(), 'oss-envelope-demo-'));
const inFolder = (name) => join(folder, name);
const verified = [];

/** Ends the demo with an error unless `condition` holds; remembers what was verified. */
function verify(what, condition) {
  if (!condition) throw new Error(`NOT TRUE: ${what}`);
  verified.push(what);
  console.log(`  ✓ ${what}`);
}

const heading = (text) => console.log(`\n${text}`);
const grouped = (count) => count.toLocaleString('en');
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

async function sha256OfFile(path) {
  const hash = createHash('sha256');
  const handle = await open(path);
  for await (const chunk of handle.createReadStream({ highWaterMark: mebibyte })) hash.update(chunk);
  return hash.digest('hex');
}

async function writeRandomFile(path, sizeBytes) {
  const handle = await open(path, 'w');
  for (let written = 0; written < sizeBytes; written += mebibyte) await handle.write(randomBytes(mebibyte));
  await handle.close();
}

/** A progress bar for `onProgress`; where there is no terminal it prints a line now and then. */
async function withProgressBar(label, work) {
  const bar = new cliProgress.SingleBar({
    format: `  ${label} [{bar}] {percentage}% {mib} MiB`,
    hideCursor: true,
    noTTYOutput: true,
    notTTYSchedule: 500,
  });
  let started = false;
  const result = await work(({ transferredBytes, totalBytes }) => {
    const mib = Math.round(transferredBytes / mebibyte);
    if (started) bar.update(transferredBytes, { mib });
    else bar.start(totalBytes, transferredBytes, { mib });
    started = true;
  });
  bar.stop();
  return result;
}

/** The stored metadata beside the names that the documentation gives them. */
function showStoredHeaders(headers) {
  const documented = [
    ['x-oss-meta-oss-crypto-key', 'the data key, encrypted'],
    ['x-oss-meta-oss-crypto-start', 'the start of the counter, encrypted'],
    ['x-oss-meta-oss-cek-alg', 'the cipher (its name is historical: it is AES-256-CTR)'],
    ['x-oss-meta-oss-wrap-alg', 'how the data key is encrypted'],
    ['x-oss-meta-unencrypted-content-length', "the plaintext's length"],
  ];
  for (const [name, meaning] of documented) {
    const value = headers[name] ?? '';
    const shown = value.length > 28 ? `${value.slice(0, 24)}… (${value.length})` : value;
    console.log(`  ${name.padEnd(39)} ${shown.padEnd(32)} ${meaning}`);
  }
  const found = Object.keys(headers).filter((name) => name.startsWith('x-oss-meta-'));
  const names = documented.map(([name]) => name);
  verify(
    'the object carries the documented metadata and no other',
    found.length === names.length && names.every((name) => found.includes(name)),
  );
}

/** The documentation's example: 1 MiB of `a`, to memory and to a file. */
async function runDocumentedExample(bucket, client, key) {
  const content = Buffer.alloc(mebibyte, 'a');
  await bucket.put(key, content);
  const object = await bucket.get(key);
  verify(`${key}: what was downloaded to memory is what was uploaded`, content.equals(await object.bytes()));
  const path = inFolder('download.txt');
  await getToFile(bucket, key, path);
  verify(`${key}: what was downloaded to a file is what was uploaded`, content.equals(await readFile(path)));

  const stored = await client.get(key);
  console.log(
    `  stored bytes begin ${stored.content.subarray(0, 16).toString('hex')}, plaintext ${'61'.repeat(16)}`,
  );
  verify(`${key}: the stored bytes are not the plaintext`, !stored.content.includes('aaaa'));
  return stored.res.headers;
}

async function runLargeFile(bucket) {
  const [path, copy] = [inFolder('64-mib.bin'), inFolder('64-mib.copy')];
  await writeRandomFile(path, 64 * mebibyte);
  await withProgressBar('upload  ', (onProgress) => putFile(bucket, 'large.bin', path, { onProgress }));
  await withProgressBar('download', (onProgress) => getToFile(bucket, 'large.bin', copy, { onProgress }));
  verify(
    'a file of 64 MiB came back with the same SHA-256',
    (await sha256OfFile(path)) === (await sha256OfFile(copy)),
  );

  const range = { offsetBytes: 12_345_677, lengthBytes: 1001 };
  const part = await (await bucket.get('large.bin', { range })).bytes();
  const expected = (await readFile(path)).subarray(range.offsetBytes, range.offsetBytes + range.lengthBytes);
  verify(
    `bytes ${range.offsetBytes} to ${range.offsetBytes + 1000} alone are the same too`,
    sha256(part) === sha256(expected),
  );
}

/** Content that nobody can change unseen, and of which a part can be read without the rest. */
async function runSealed(bucket, oss) {
  const content = randomBytes(mebibyte);
  await bucket.put('contract.pdf', content);
  const object = await bucket.get('contract.pdf');
  verify('contract.pdf: what was sealed came back', content.equals(await object.bytes()));
  verify('contract.pdf: its type says that it is authenticated', object.authenticated);

  const path = inFolder('sealed.bin');
  await writeRandomFile(path, 64 * mebibyte);
  await withProgressBar('seal    ', (onProgress) => putFile(bucket, 'sealed.bin', path, { onProgress }));
  const offsetBytes = 45_678_901;
  oss.requests.clear();
  const byte = await (await bucket.get('sealed.bin', { range: { offsetBytes, lengthBytes: 1 } })).bytes();
  const requests = oss.requests.list();
  const sentBytes = requests.reduce((sum, request) => sum + request.sentBytes, 0);
  verify(`byte ${grouped(offsetBytes)} alone is the same`, byte[0] === (await readFile(path))[offsetBytes]);
  console.log(`  the server sent ${grouped(sentBytes)} bytes of an object of ${grouped(64 * mebibyte)}`);
  verify(
    'one byte of 64 MiB cost one request and one chunk: 16,384 bytes and their tag',
    requests.length === 1 && sentBytes === 16_384 + 16,
  );

  const place = 56 + 700_000;
  await oss.corruptByte('demo', 'contract.pdf', place);
  console.log(`  someone flips a bit of contract.pdf in the store, at byte ${grouped(place)}`);
  const failure = await readUntilFailure(await bucket.get('contract.pdf'));
  console.log(`  reading it fails, as it must: ${failure.error?.code}: ${failure.error?.message}`);
  verify('the read of the changed object fails', failure.error?.code === 'ERR_INTEGRITY');
  verify(
    'what it handed on before that was verified',
    content.subarray(0, failure.bytes.length).equals(failure.bytes) && failure.bytes.length <= 700_000,
  );
  const target = inFolder('contract.pdf');
  const code = await getToFile(bucket, 'contract.pdf', target).catch((error) => error.code);
  const isThere = await readFile(target).then(
    () => true,
    () => false,
  );
  verify('a download of it to a file leaves no file', code === 'ERR_INTEGRITY' && !isThere);
}

/** What a read hands on before it fails, and how it fails. */
async function readUntilFailure(object) {
  const chunks = [];
  try {
    for await (const chunk of object.chunks()) chunks.push(chunk);
    return { bytes: Buffer.concat(chunks) };
  } catch (error) {
    return { bytes: Buffer.concat(chunks), error };
  }
}

/** Commands of oss-envelope, each shown with what it prints. The pair is the one of the folder `keys`. */
async function runShellSession(place) {
  const environment = {
    ...process.env,
    ...place,
    OSS_ACCESS_KEY_ID: defaultOssAccount.accessKeyId,
    OSS_ACCESS_KEY_SECRET: defaultOssAccount.accessKeySecret,
  };
  const program = join(
    dirname(createRequire(import.meta.url).resolve('@oss-envelope/cli/package.json')),
    'bin',
  );
  const run = async (...args) => {
    console.log(
      `  $ oss-envelope ${args.map((text) => (/^[\w.:/=#-]+$/.test(text) ? text : `'${text}'`)).join(' ')}`,
    );
    const command = [join(program, 'oss-envelope.js'), ...args];
    const { stdout } = await promisify(execFile)(process.execPath, command, {
      cwd: folder,
      env: environment,
    });
    for (const line of stdout.trimEnd().split('\n')) console.log(`    ${line}`);
    return stdout;
  };
  await writeFile(inFolder('motto.txt'), 'seize the day\n');
  await run(
    'cp',
    '--key-folder',
    'keys',
    '--description',
    'key=2026',
    'motto.txt',
    'oss://demo/shell/motto.txt',
  );
  await run('ls', 'oss://demo/shell/');
  await run('inspect', 'oss://demo/shell/motto.txt');
  await run('keygen', 'rsa', 'keys-2027');
  const next = ['--key-folder', 'keys-2027', '--description', 'key=2027'];
  await run('rewrap', ...next, '--other-key', 'keys/.private_key.pem#key=2026', 'oss://demo/shell/');
  const printed = await run('cat', ...next, 'oss://demo/shell/motto.txt');
  verify('what was rewrapped under the new pair is what was stored', printed === 'seize the day\n');
}

const oss = await startOss({ dir: inFolder('oss'), buckets: ['demo'] });
const kms = await startKms();
try {
  const client = new OSS({
    endpoint: oss.endpoint,
    sldEnable: true,
    region: 'oss-cn-hangzhou',
    bucket: 'demo',
    ...defaultOssAccount,
  });
  console.log(`A local OSS listens at ${oss.endpoint}, a local KMS at ${kms.url}.`);

  const pair = await rsaKeyPairInFolder({ folder: inFolder('keys'), create: true });

  heading("'sealed', for new data: nobody can change an object unseen");
  const transport = aliOssTransport(client);
  await runSealed(new EncryptedBucket({ transport, provider: rsaProvider(pair), format: 'sealed' }), oss);

  heading("'oss-crypto' under RSA: the pair is yours, in a folder as the Python SDK keeps it");
  const rsaBucket = new EncryptedBucket({
    transport,
    provider: rsaProvider(pair),
    format: 'oss-crypto',
  });
  showStoredHeaders(await runDocumentedExample(rsaBucket, client, 'motto.txt'));

  heading("'oss-crypto' under RSA: a real file, and a range of it");
  await runLargeFile(rsaBucket);

  heading("'oss-crypto' under KMS: the master key never leaves the service");
  const keyId = await kms.createKey({ description: 'demo' });
  const kmsBucket = new EncryptedBucket({
    transport,
    provider: kmsProvider({
      endpoint: kms.url,
      credentials: { ...defaultKmsAccount },
      keyId,
      // The last argument of the documentation's example.
      passphrase: '1234',
    }),
    format: 'oss-crypto',
  });
  kms.requests.clear();
  showStoredHeaders(await runDocumentedExample(kmsBucket, client, 'motto-kms.txt'));
  console.log(
    `  asked of KMS, two calls for the write and for each of two reads: ${kms.requests.actions.join(', ')}`,
  );

  heading('The same from a shell, as you would type it (@oss-envelope/cli)');
  await runShellSession({ OSS_ENDPOINT: oss.endpoint, OSS_REGION: oss.region });

  console.log(`\nVerified ${verified.length} things. None differed.`);
} catch (error) {
  console.error(`\n${error instanceof Error ? error.stack : error}`);
  process.exitCode = 1;
} finally {
  await oss.close();
  await kms.close();
  await rm(folder, { recursive: true, force: true });
}
