// `npm run test:timing`: whether opening a wrapped key takes another time when the padding is wrong. A fixed right input and
// wrong ones come in a shuffled order, and Welch's t-test compares their times.
import { constants, publicEncrypt, randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { markdownTable } from '../bench/markdown-table.mjs';
import { importBundled } from '../support/bundled-module.mjs';
import { writeBlock } from '../support/proof-page.mjs';
import { Sample, welchT } from './welch.mjs';

const usage = `usage: npm run test:timing -- [--samples N] [--whole N] [--seed S] [--write]

  --samples N  times to take for each comparison, 200,000 by default
  --whole N    other than those for the whole of unwrap, which takes long
  --seed S     of the order, a number
  --write      write what came of it into docs/proof.md`;

/** Beyond it, a difference is not chance. */
const threshold = 4.5;
/** Times above this share of all are left out: another program had the processor. The same limit for both classes. */
const kept = 0.99;

/** Numbers from 0 to 1 out of a seed (mulberry32). */
function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Takes times of two classes in a shuffled order. Inputs are made before, so that both come from the same memory.
 * A hundredth of the samples warms the code up, and is dropped.
 */
async function compare({ run, inputOf }, samples, random) {
  const times = [new Float64Array(samples), new Float64Array(samples)];
  const counts = [0, 0];
  const warmUp = Math.ceil(samples / 100);
  const batch = 256;
  for (let done = -warmUp; done < samples; done += batch) {
    const order = Array.from({ length: batch }, () => (random() < 0.5 ? 0 : 1));
    const inputs = order.map((isWrong) => inputOf(isWrong === 1));
    for (let index = 0; index < batch; index++) {
      const startedNs = process.hrtime.bigint();
      const running = run(inputs[index]);
      await running;
      const tookNs = Number(process.hrtime.bigint() - startedNs);
      if (done < 0) continue;
      const which = order[index];
      times[which][counts[which]++] = tookNs;
    }
  }
  const all = times.map((list, which) => list.subarray(0, counts[which]));
  const sorted = Float64Array.from([...all[0], ...all[1]]).sort();
  const limit = sorted[Math.floor(sorted.length * kept)];
  const [right, wrong] = all.map((list) => {
    const sample = new Sample();
    for (const time of list) if (time <= limit) sample.add(time);
    return sample;
  });
  return { right, wrong, t: welchT(right, wrong), differenceNs: right.mean - wrong.mean };
}

const { values } = parseArgs({
  options: {
    samples: { type: 'string', default: '200000' },
    whole: { type: 'string' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(usage);
  process.exit(0);
}
const [samples, seed] = [Number(values.samples), Number(values.seed)];
const wholeSamples = Number(values.whole ?? samples);
const random = generator(seed);
const { generateKeyPairSync } = await import('node:crypto');
const { unpadPkcs1, rsaPort } = await importBundled(new URL('subject.ts', import.meta.url));
const { publicKey, privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});
const size = 256;
const key = await rsaPort.openPrivateKey(privateKey, {
  passphrase: undefined,
  randomBytes,
  allowPkcs1DecryptionInJavaScript: true,
});
const swallow = () => undefined;

/**
 * A padded block of PKCS#1 v1.5, or one that is wrong in one of the ways of RFC 8017 §7.2.2. Messages of right ones have any
 * length, as those have that stand in for the messages of wrong ones: a longer result takes longer to copy, and what is asked
 * is whether the padding was right.
 */
function block(isWrong) {
  const bytes = new Uint8Array(size);
  for (let index = 0; index < size; index++) bytes[index] = 1 + Math.floor(random() * 255);
  bytes.set([0, 2]);
  const messageBytes = Math.floor(random() * (size - 10));
  bytes[size - 1 - messageBytes] = 0;
  if (isWrong) {
    const way = Math.floor(random() * 4);
    if (way === 0) bytes[0] = 1;
    if (way === 1) bytes[1] = 1;
    if (way === 2) bytes[9] = 0;
    if (way === 3) bytes[size - 1 - messageBytes] = 1;
  }
  return bytes;
}

const { createHmac, createSecretKey } = await import('node:crypto');
const hmac = (secretBytes, messages) => {
  const secret = createSecretKey(secretBytes);
  return messages.map((message) => createHmac('sha256', secret).update(message).digest());
};
const hashedExponent = Uint8Array.from(randomBytes(32));
const raw = (bytes) => publicEncrypt({ key: publicKey, padding: constants.RSA_NO_PADDING }, bytes);
/** Enough ciphertexts of each class, since making them takes longer than opening. */
const pool = (make) => Array.from({ length: 4096 }, make);
const picked = (list) => list[Math.floor(random() * list.length)];

const pkcs1 = [pool(() => raw(block(false))), pool(() => raw(block(true)))];
/**
 * Numbers whose OAEP padding is wrong: the first byte is not 0, which is all that Manger's attack asks for, or it is 0. That
 * either is wrong everyone sees, by the error; which of them it was must stay unseen.
 */
const oaep = [
  pool(() => raw(Uint8Array.from([0, ...randomBytes(size - 1)]))),
  pool(() => raw(Uint8Array.from([1, ...randomBytes(size - 1)]))),
];

const subjects = [
  {
    name: 'PKCS#1 v1.5, our unpadding alone',
    inputOf: (isWrong) => ({
      encoded: block(isWrong),
      wrapped: Uint8Array.from(picked(pkcs1[isWrong ? 1 : 0])),
    }),
    isPart: true,
    run: ({ encoded, wrapped }) => unpadPkcs1(encoded, wrapped, hashedExponent, hmac),
  },
  {
    name: 'PKCS#1 v1.5, the whole of unwrap',
    inputOf: (isWrong) => picked(pkcs1[isWrong ? 1 : 0]),
    run: (wrapped) => key.unwrap('rsa-pkcs1', wrapped),
  },
  ...['sha1', 'sha256'].map((hash) => ({
    name: `OAEP with ${hash.toUpperCase().replace('SHA', 'SHA-')}, the first byte or the rest wrong`,
    inputOf: (isFirst) => picked(oaep[isFirst ? 1 : 0]),
    run: (wrapped) => key.unwrap(`rsa-oaep-${hash}`, wrapped).catch(swallow),
  })),
];

const verdictOf = ({ t }) => (Math.abs(t) < threshold ? 'no difference' : 'a difference');
const rows = [];
for (const subject of subjects) {
  const startedMs = performance.now();
  const result = await compare(subject, subject.isPart ? samples : wholeSamples, random);
  rows.push([
    subject.name,
    `${result.right.count + result.wrong.count}`,
    (result.right.mean / 1000).toFixed(2),
    result.t.toFixed(2),
    result.differenceNs.toFixed(0),
    verdictOf(result),
  ]);
  if (Math.abs(result.t) >= threshold) process.exitCode = 1;
  console.log(`${rows.at(-1).join(' | ')} (${((performance.now() - startedMs) / 1000).toFixed(0)} s)`);
}
const table = markdownTable(['what', 'samples', 'mean, µs', 't', 'difference, ns', 'verdict'], rows);
console.log(`\n${table}`);
if (values.write) {
  await writeBlock(`timing, Node ${process.versions.node.split('.')[0]}`, {
    table,
    lines: {
      en: `Seed ${seed}; of all times the slowest hundredth is left out.`,
      zh: `种子 ${seed}；去掉最慢的百分之一。`,
    },
  });
}
