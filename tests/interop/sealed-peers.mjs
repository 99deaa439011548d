// The format 'sealed' against programs that share no code with the packages: pyca/cryptography's own implementation of
// the body, and the readers of examples/readers, which are given headers, a body and a master key, and nothing else.
import { spawn } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EncryptedBucket } from '@oss-envelope/core';
import { defaultKmsAccount } from '@oss-envelope/local-cloud';
import { aesProvider, generateAesSecret } from '@oss-envelope/provider-aes';
import { kmsProvider } from '@oss-envelope/provider-kms';
import { generateRsaKeyPair, rsaProvider } from '@oss-envelope/provider-rsa';
import { Attempts } from './attempts.mjs';
import { sampleContent, sha256 } from './contents.mjs';
import { transportNames } from './our-side.mjs';
import { description } from './schemes.mjs';

const pythonReader = fileURLToPath(new URL('../../examples/readers/open_sealed.py', import.meta.url));
const prefix = 'x-oss-meta-oss-envelope-';
const chunkBytes = 16_384;
const context = { tenant: '7', größe: '☃ "groß"' };

/** Around the edges of a chunk, and several chunks. */
export const sealedSizes = [0, 1, chunkBytes - 1, chunkBytes, chunkBytes + 1, 100_000];

/** What is stored in the format. `recipients` puts two master keys of others before the reader's. */
export const sealedVariants = {
  rsa: { title: 'RSA' },
  recipients: { title: 'RSA with description, the last of three recipients', description },
  context: { title: 'RSA, with a context', context },
  unbound: { title: 'RSA, not bound to the object key', bound: 'none' },
  aes: { title: 'a secret, AES-256-GCM' },
  rewrapped: {
    title: 'RSA, written under another master key, with a context, renamed, and rewrapped',
    context,
  },
  kms: { title: 'KMS' },
  kmsContext: { title: 'KMS, with a context', context },
};
const byRsa = ['rsa', 'recipients', 'context', 'unbound', 'rewrapped'];

/** Who takes part: which variants it writes and reads. */
export const sealedPeers = [
  {
    name: 'cryptography',
    title: 'pyca `cryptography`',
    writes: ['rsa', 'context', 'unbound', 'aes'],
    reads: [...byRsa, 'aes'],
  },
  {
    name: 'open_sealed.py',
    title: '`examples/readers/open_sealed.py`',
    writes: [],
    reads: [...byRsa, 'kms', 'kmsContext'],
  },
  { name: 'open_sealed.go', title: '`examples/readers/open_sealed.go`', writes: [], reads: byRsa },
];

const flip = (bytes, at) => bytes.map((byte, index) => (index === at ? byte ^ 1 : byte));
const withBody = (body) => (object) => ({ ...object, body: body(object.body) });
const withHeader = (name, value) => (object) => ({
  ...object,
  headers: { ...object.headers, [prefix + name]: value },
});

/** What is done to a stored object of 100,000 bytes, or what is put in its place. Each must be refused. */
export const sealedChanges = [
  ['a bit of the salt is flipped', withBody((body) => flip(body, 3))],
  ['a bit of the first chunk is flipped', withBody((body) => flip(body, 60))],
  ['a bit of a chunk in the middle is flipped', withBody((body) => flip(body, 50_000))],
  ['a bit of the last tag is flipped', withBody((body) => flip(body, body.length - 1))],
  ['the last chunk is cut off', withBody((body) => body.subarray(0, 56 + 6 * (chunkBytes + 16)))],
  ['a byte is appended', withBody((body) => Buffer.concat([body, Buffer.from('x')]))],
  ['the context says something else', withHeader('context', '{"tenant":"8"}')],
  ['the envelope says that it is not bound', withHeader('bound', 'none')],
  ['another object has the place', (_, other) => other],
  ['the body is of another object', (object, other) => ({ ...object, body: other.body })],
].map(([title, change]) => ({ title, change }));

/** Runs a program to its end; resolves with its output, or rejects with what it complained of. */
function outputOf(program, args, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 60_000,
    });
    const output = [];
    let complaint = '';
    child.stdout.on('data', (piece) => output.push(piece));
    child.stderr.on('data', (piece) => {
      complaint = (complaint + piece).slice(-300);
    });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(Buffer.concat(output));
      else reject(Object.assign(new Error(complaint), { output: Buffer.concat(output) }));
    });
  });
}

/** Runs the peers of the format against one set of local services. */
export class SealedBench {
  #services;
  #ours;
  #programs;
  #providers;
  #secret = generateAesSecret();
  #files = 0;
  #stored = new Map();

  /** `programs`: the driver of pyca/cryptography as it runs, its Python, and the Go reader. */
  constructor(services, ours, programs) {
    this.#services = services;
    this.#ours = ours;
    this.#programs = programs;
  }

  /** Makes the master keys. */
  async prepare() {
    const { pair, kms, keyId } = this.#services;
    const others = await generateRsaKeyPair({ modulusBits: 2048 });
    const ofKms = kmsProvider({ endpoint: kms.url, credentials: { ...defaultKmsAccount }, keyId });
    this.#providers = {
      rsa: rsaProvider(pair),
      kms: ofKms,
      aes: aesProvider({ secret: this.#secret }),
      described: rsaProvider({ ...pair, materialDescription: description }),
      others: rsaProvider({ publicKey: others.publicKey }),
      former: rsaProvider({ ...others, materialDescription: { key: 'former' } }),
    };
  }

  /** Everything for one peer. Returns how many transfers and refusals were tried, and what was not as expected. */
  async run({ name, writes, reads }) {
    const attempts = new Attempts();
    for (const transport of transportNames) {
      for (const size of sealedSizes) {
        const about = `${size} bytes, over ${transport}`;
        for (const variant of writes) {
          await attempts.try(`it writes, ${variant}, ${about}`, () =>
            this.#theyWrite(variant, size, transport),
          );
        }
        for (const variant of reads) {
          await attempts.try(`it reads, ${variant}, ${about}`, () =>
            this.#theyRead(name, variant, size, transport),
          );
        }
      }
    }
    for (const { title, change } of sealedChanges) {
      await attempts.try(`it refuses when ${title}`, () => this.#theyRefuse(name, change));
    }
    return attempts;
  }

  #bucket(variant, transport) {
    const { rsa, kms, aes, described, others } = this.#providers;
    const { context, bound } = sealedVariants[variant];
    const providers = { recipients: kms, kms, kmsContext: kms, aes };
    return new EncryptedBucket({
      transport: this.#ours.transport(transport),
      format: 'sealed',
      provider: providers[variant] ?? rsa,
      ...(variant === 'recipients' && { recipients: [others, described] }),
      ...(context && { context }),
      ...(bound && { bound }),
    });
  }

  /** What is stored of an object of ours, under its key. */
  async #weWrote(variant, size, transport, name = `sealed/größe-${variant}-${size}-${transport}`) {
    if (!this.#stored.has(name)) {
      await this.#write(variant, size, transport, name);
      const { headers, bytes } = await this.#services.oss.getObject(this.#services.bucket, name);
      this.#stored.set(name, { name, headers, body: bytes });
    }
    return this.#stored.get(name);
  }

  async #write(variant, size, transport, name) {
    const bucket = this.#bucket(variant, transport);
    if (variant !== 'rewrapped') {
      await bucket.put(name, sampleContent(size));
      return;
    }
    const { rsa: provider, former } = this.#providers;
    const options = { transport: this.#ours.transport(transport), format: 'sealed', context };
    const before = new EncryptedBucket({ ...options, provider: former });
    await before.put(`${name}-before`, sampleContent(size));
    await before.rename(`${name}-before`, name);
    await new EncryptedBucket({ ...options, provider, otherProviders: [former] }).rewrap(name);
  }

  async #theyRead(peer, variant, size, transport) {
    const read = await this.#openBy(peer, variant, await this.#weWrote(variant, size, transport));
    assertSame(read, sampleContent(size));
  }

  async #theyWrite(variant, size, transport) {
    const name = `sealed/theirs-${variant}-${size}-${transport}`;
    const content = sampleContent(size);
    const [file, body] = [this.#file(), this.#file()];
    await writeFile(file, content);
    const { bound = 'key', context } = sealedVariants[variant];
    const secret = variant === 'aes' ? this.#secret : null;
    const request = { op: 'seal', name, file, body, bound, context: context ?? null, secret };
    const answer = await this.#programs.driver.ask(request);
    if (!answer.ok) throw new Error(answer.error);
    const { oss, bucket } = this.#services;
    await oss.putObject(bucket, name, await readFile(body), answer.headers);
    await Promise.all([file, body].map((path) => rm(path)));
    const ours = this.#bucket(variant, transport);
    assertSame(await (await ours.get(name)).bytes(), content);
    if (size > 0) {
      const [offsetBytes, lengthBytes] = [Math.floor(size / 3), Math.ceil(size / 2)];
      const part = await (await ours.get(name, { range: { offsetBytes, lengthBytes } })).bytes();
      assertSame(part, content.subarray(offsetBytes, offsetBytes + lengthBytes));
    }
  }

  async #theyRefuse(peer, change) {
    const [size, transport] = [100_000, transportNames[0]];
    const object = await this.#weWrote('context', size, transport, 'sealed/changed');
    const other = await this.#weWrote('context', size, transport, 'sealed/other');
    const changed = { ...change(object, other), name: object.name };
    let read;
    try {
      read = await this.#openBy(peer, 'context', changed);
    } catch (error) {
      const output = error.output ?? Buffer.alloc(0);
      assertSame(output, sampleContent(size).subarray(0, output.length));
      return;
    }
    throw new Error(`it gave ${read.length} bytes`);
  }

  /** Opens an object by a peer. What a program that failed had written by then is the error's `output`. */
  async #openBy(peer, variant, { name, headers, body }) {
    const [headersFile, bodyFile] = [this.#file(), this.#file()];
    await writeFile(headersFile, JSON.stringify(headers));
    await writeFile(bodyFile, body);
    try {
      return await this.#runPeer(peer, variant, { name, headersFile, bodyFile });
    } finally {
      await Promise.all([headersFile, bodyFile].map((path) => rm(path)));
    }
  }

  async #runPeer(peer, variant, { name, headersFile, bodyFile }) {
    const { driver, python, goReader } = this.#programs;
    const { privateKey } = this.#services.world.keys;
    const described = sealedVariants[variant].description;
    const text = described && JSON.stringify(described);
    if (peer === 'open_sealed.go') {
      const args = [headersFile, bodyFile, privateKey, name];
      return outputOf(goReader, text ? [...args, text] : args);
    }
    if (peer === 'open_sealed.py') {
      const { accessKeyId, accessKeySecret } = defaultKmsAccount;
      const master = variant.startsWith('kms') ? ['--kms', this.#services.kms.url] : ['--key', privateKey];
      const args = ['--headers', headersFile, '--body', bodyFile, '--name', name, ...master];
      return outputOf(python, [pythonReader, ...args, ...(text ? ['--desc', text] : [])], {
        ALIBABA_CLOUD_ACCESS_KEY_ID: accessKeyId,
        ALIBABA_CLOUD_ACCESS_KEY_SECRET: accessKeySecret,
        PYTHONDONTWRITEBYTECODE: '1',
      });
    }
    const file = this.#file();
    const files = { headers: headersFile, body: bodyFile, file };
    const secret = variant === 'aes' ? this.#secret : null;
    const answer = await driver.ask({ op: 'open', name, description: described ?? null, secret, ...files });
    if (!answer.ok) throw new Error(answer.error);
    const bytes = await readFile(file);
    await rm(file);
    return bytes;
  }

  #file() {
    return join(this.#services.folder, `sealed-${++this.#files}`);
  }
}

function assertSame(found, expected) {
  if (sha256(found) !== sha256(expected)) throw new Error(`${found.length} other bytes came out`);
}
