// What the special cases work with: one content, both sides, and objects that no API would write.
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EncryptedBucket, encryptBytes, formatEnvelope } from '@oss-envelope/core';
import { generateRsaKeyPair, rsaProvider } from '@oss-envelope/provider-rsa';
import { sampleContent, sha256 } from './contents.mjs';
import { transportNames } from './our-side.mjs';
import { PeerRefusal } from './peer-refusal.mjs';

/** The bench that a special case is tried on. */
export class SpecialBench {
  /** 1 MiB and 3 bytes. */
  content = sampleContent(1024 * 1024 + 3);
  #services;
  #file;
  #downloads = 0;

  constructor(services, ours) {
    this.#services = services;
    this.ours = ours;
    this.#file = join(services.folder, 'special');
  }

  /** Writes the content to a file, for the drivers. */
  async prepare() {
    await writeFile(this.#file, this.content);
  }

  /** A bucket of ours without a description. */
  about(scheme) {
    return { scheme, described: false, transport: 'fetch' };
  }

  /** Has the peer write the content. */
  async ask(peer, request) {
    const answer = await peer.ask({ description: null, passphrase: null, file: this.#file, ...request });
    if (!answer.ok) throw new PeerRefusal(answer.error);
  }

  /** Has the peer read; gives the bytes. */
  async fetch(peer, request) {
    const file = `${this.#file}-download-${++this.#downloads}`;
    const answer = await peer.ask({ op: 'get', description: null, passphrase: null, ...request, file });
    if (!answer.ok) throw new PeerRefusal(answer.error);
    const bytes = await readFile(file);
    await rm(file);
    return bytes;
  }

  /** Whether bytes are the content, or a range of it, or the ciphertext. */
  judge(bytes, ciphertext, [first, last] = [0, this.content.length - 1]) {
    if (sha256(bytes) === sha256(this.content.subarray(first, last + 1))) return 'right';
    return ciphertext !== undefined && sha256(bytes) === sha256(ciphertext) ? 'ciphertext' : 'other';
  }

  /** Writes the content under another RSA pair, and rewraps it for the peers'. */
  async storeRewrapped(place, key) {
    const pair = await generateRsaKeyPair({ modulusBits: 2048 });
    const former = rsaProvider({ ...pair, materialDescription: { key: 'former' } });
    const options = { transport: this.ours.transport(place.transport), format: 'oss-crypto' };
    await new EncryptedBucket({ ...options, provider: former }).put(key, this.content);
    const provider = rsaProvider(this.#services.pair);
    await new EncryptedBucket({ ...options, provider, otherProviders: [former] }).rewrap(key);
  }

  /** Reads an object of theirs with a description. */
  async readWith(materialDescription, key) {
    const outcomes = [];
    for (const transport of transportNames) {
      const bucket = new EncryptedBucket({
        transport: this.ours.transport(transport),
        provider: rsaProvider({ ...this.#services.pair, materialDescription }),
        format: 'client-side-encryption',
      });
      outcomes.push(this.judge(await (await bucket.get(key)).bytes()));
    }
    return outcomes.every((outcome) => outcome === 'right') ? 'right' : 'other';
  }

  /**
   * Stores an object past the protocol's checks: encrypted with a start value as no SDK makes one, and its headers
   * changed. Returns the ciphertext.
   */
  async storeCrafted(key, change) {
    const counterBlock = Buffer.from('0102030405060708090a0b0c0d0e0f10', 'hex');
    const provider = rsaProvider(this.#services.pair);
    const format = 'client-side-encryption';
    const {
      key: dataKey,
      wrappedKey,
      wrappedStart,
    } = await provider.wrapKey({
      format,
      start: counterBlock,
    });
    const envelope = {
      ...{ format, wrapAlgorithm: 'rsa-pkcs1', contentAlgorithm: 'aes-256-ctr' },
      ...{ wrappedKey, wrappedStart, materialDescription: {} },
    };
    const ciphertext = await encryptBytes(this.content, { dataKey, counterBlock });
    await this.#services.oss.putObject(
      this.#services.bucket,
      key,
      ciphertext,
      change(formatEnvelope(envelope)),
    );
    return ciphertext;
  }
}
