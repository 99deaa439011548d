// What happens beside the matrix: objects and calls that are out of the ordinary, each tried with every peer it is about.
import { createHash } from 'node:crypto';
import { partSizeBytes } from './contents.mjs';

const oss2 = ['oss2 2.19', 'oss2 2.10'];
const java = ['Java 3.18.4', 'Java 3.18.5'];
const current = ['oss2 2.19', 'Python v2', 'Go v1', 'Go v2', ...java];
const range = [12_345, 67_890];

const all = (peers, outcome) => Object.fromEntries(peers.map((peer) => [peer, outcome]));
const md5 = (bytes) => createHash('md5').update(bytes).digest('base64');
const schemeOf = (peer) => (peer === 'oss2 2.10' ? 'rsa-2018' : 'rsa-pkcs1');

/** Of the documented format, by peer: the scheme that it reads it by. */
const documented = { 'oss2 2.10': 'rsa-2018' };

/**
 * The cases. `outcomes` says by peer what is known to come of it: 'right' bytes, 'other' bytes, the 'ciphertext', or
 * that the peer 'refuses', with an error that fits `error`; `because` explains those that are not right. `run` gives the
 * outcome, or rejects with the peer's refusal.
 */
export const specialCases = [
  {
    name: 'recorded-md5',
    title: 'They write with a Content-MD5; we find it recorded in the envelope, and check the content by it',
    outcomes: all([...oss2, 'Python v2', 'Go v1', 'Go v2', ...java], 'right'),
    async run(bench, peerName, peer) {
      const key = `special/md5/${peerName}`;
      await bench.ask(peer, { op: 'put', scheme: schemeOf(peerName), key, contentMd5: true });
      const read = await bench.ours.bucket(bench.about(schemeOf(peerName))).get(key);
      if (read.encryption.envelope.contentMd5 !== md5(bench.content)) return 'other';
      return bench.judge(await read.bytes());
    },
  },
  {
    name: 'part-md5',
    title: 'They upload parts, each with the Content-MD5 of its plaintext',
    outcomes: {
      ...all(['oss2 2.19', 'Go v1'], 'right'),
      ...all(['Python v2', 'Go v2', ...java], 'refuses'),
    },
    error: /digest|md5/i,
    because:
      'these SDKs send the MD5 of the plaintext on, beside ciphertext, and OSS refuses the part; the others record it in the metadata',
    async run(bench, peerName, peer) {
      const key = `special/part-md5/${peerName}`;
      const request = {
        op: 'put-parts',
        scheme: 'rsa-pkcs1',
        key,
        contentMd5: true,
        partSizeBytes: 512 * 1024,
      };
      await bench.ask(peer, request);
      return bench.judge(await (await bench.ours.bucket(bench.about('rsa-pkcs1')).get(key)).bytes());
    },
  },
  {
    name: 'foreign-start',
    title: 'They read a range of an object whose start value has bits set in its bytes 8 to 11',
    outcomes: { ...all(current, 'right'), ...all(java, 'other') },
    because:
      'the Java SDK adds to the last 32 bits of the start value and overwrites the 32 before them (CryptoScheme.java), so every writer has to leave those zero, as we do',
    async run(bench, peerName, peer) {
      const key = `special/foreign-start/${peerName}`;
      const stored = await bench.storeCrafted(key, (headers) => headers);
      const whole = await bench.fetch(peer, { scheme: 'rsa-pkcs1', key });
      if (bench.judge(whole) !== 'right') return 'other';
      const part = await bench.fetch(peer, { scheme: 'rsa-pkcs1', key, range });
      return bench.judge(part, stored, range);
    },
  },
  {
    name: 'rewrapped',
    title: 'They read an object of ours that was written under another RSA pair, and rewrapped for theirs',
    outcomes: all(Object.keys(documented), 'right'),
    async run(bench, peerName, peer) {
      const [key, scheme] = [`special/rewrapped/${peerName}`, documented[peerName]];
      await bench.storeRewrapped(bench.about(scheme), key);
      return bench.judge(await bench.fetch(peer, { scheme, key }));
    },
  },
  {
    name: 'lost-start',
    title: 'They read an object that lost the header of its start value',
    outcomes: { ...all(current, 'refuses'), ...all(java, 'ciphertext') },
    error: /./,
    because:
      'the Java SDK takes an object for encrypted only if both headers are there, and otherwise hands it out as it is (CryptoModuleBase.hasEncryptionInfo)',
    async run(bench, peerName, peer) {
      const key = `special/lost-start/${peerName}`;
      const stored = await bench.storeCrafted(key, (headers) =>
        Object.fromEntries(Object.entries(headers).filter(([name]) => !name.endsWith('-start'))),
      );
      const whole = await bench.fetch(peer, { scheme: 'rsa-pkcs1', key });
      return bench.judge(whole, stored);
    },
  },
  {
    name: 'unknown-description',
    title: 'They, having no description, read an object of ours that has one, under the same RSA pair',
    outcomes: {
      ...all(['Python v2', 'Go v2'], 'right'),
      ...all(['oss2 2.19', 'Go v1', ...java], 'refuses'),
    },
    error: /./,
    because:
      "the v2 SDKs try their own key on a description that they do not know (that is `onUnknownDescription: 'use-provider'` here); the others, as we, want the key that it names",
    async run(bench, peerName, peer) {
      const key = `special/unknown-description/${peerName}`;
      await bench.ours.put({ ...bench.about('rsa-pkcs1'), described: true }, key, bench.content);
      const whole = await bench.fetch(peer, { scheme: 'rsa-pkcs1', key });
      return bench.judge(whole);
    },
  },
  {
    name: 'foreign-script',
    title: 'They write a description that is not ASCII; we read it',
    outcomes: { ...all(current, 'right'), ...all(java, 'refuses') },
    error: /signature/,
    because:
      "the Java SDK's HTTP client turns some bytes of the description's UTF-8 into question marks after it was signed, and OSS refuses the signature",
    async run(bench, peerName, peer) {
      const key = `special/foreign-script/${peerName}`;
      await bench.ask(peer, {
        op: 'put',
        scheme: 'rsa-pkcs1',
        key,
        description: { clé: '钥匙' },
      });
      return bench.readWith({ clé: '钥匙' }, key);
    },
  },
  {
    name: 'range-to-file',
    title: 'They download a range that is not aligned to 16 to a file',
    outcomes: { 'oss2 2.19': 'refuses' },
    error: /IncompleteRead|length/i,
    because:
      'get_object_to_file compares the length of what it wrote with the Content-Length, which is that of the aligned range (api.py)',
    async run(bench, peerName, peer) {
      const key = `special/range-to-file/${peerName}`;
      await bench.ours.put(bench.about('rsa-pkcs1'), key, bench.content);
      const part = await bench.fetch(peer, { op: 'get-to-file', scheme: 'rsa-pkcs1', key, range });
      return bench.judge(part, undefined, range);
    },
  },
  {
    name: 'one-part',
    title: 'They upload a file that is smaller than a part by their uploader',
    outcomes: { ...all(['Go v2', ...java], 'right'), 'oss2 2.19': 'refuses' },
    error: /part_size is invalid/,
    because:
      "resumable_upload takes the file's size for the part size then, which is not a multiple of 16, and refuses it (resumable.py)",
    async run(bench, peerName, peer) {
      const key = `special/one-part/${peerName}`;
      await bench.ask(peer, { op: 'upload-file', scheme: 'rsa-pkcs1', key, partSizeBytes });
      return bench.judge(await (await bench.ours.bucket(bench.about('rsa-pkcs1')).get(key)).bytes());
    },
  },
];
