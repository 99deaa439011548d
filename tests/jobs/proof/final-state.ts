import { EncryptedBucket, isOssEnvelopeError, type KeyProvider, parseEnvelope } from '@oss-envelope/core';
import { defaultOssAccount, type LocalOss } from '@oss-envelope/local-cloud';
import { fetchTransport } from '@oss-envelope/transport-fetch';
import { type BothMasterKeys, providersOf } from './master-keys.js';
import { contentOf, type MixedObject } from './mixed-objects.js';
import { storeTransport } from './store-transport.js';

const envelopeHeader =
  /^x-oss-meta-(client-side-encryption-|oss-envelope-|oss-crypto-|oss-(cek-alg|wrap-alg|matdesc)$|unencrypted-content-)/;
const formats = ['sealed', 'oss-crypto', 'client-side-encryption'] as const;
/** With every so many objects the old RSA pair is tried too: most of the time it takes is its own. */
const rsaTries = 20;

/**
 * Compares what a bucket has after plain objects were encrypted, and all others given the new keys, with what it had before.
 *
 * @returns what is wrong, each a sentence; empty when every object opens with each new key, none with an old one, and
 *   contents, metadata, headers, classes, ACLs and tags are what they were
 */
export async function complaintsAbout(
  oss: LocalOss,
  bucketName: string,
  objects: readonly MixedObject[],
  keys: BothMasterKeys,
): Promise<readonly string[]> {
  const transport = storeTransport(oss, bucketName);
  const opener = (provider: KeyProvider) =>
    new EncryptedBucket({ transport, provider, format: 'sealed', reads: formats });
  const current = providersOf(keys.new, 'new');
  // The old keys under the new name: so they are tried, and not only passed over.
  const old = providersOf(keys.old, 'new');
  const [newRsa, newAes, oldRsa, oldAes] = [current.rsa, current.aes, old.rsa, old.aes].map(opener);
  const complaints: string[] = [];
  for (const [index, object] of objects.entries()) {
    const { key } = object;
    const complain = (what: string): void => {
      complaints.push(`${JSON.stringify(key)} (${object.format}, ${object.wrap}) ${what}.`);
    };
    try {
      const { headers } = await oss.getObject(bucketName, key);
      const names = namedKeys(headers);
      if (names !== 'sealed new new') complain(`is ${names}, and should be sealed new new`);
      const others = Object.entries(headers).filter(([name]) => !envelopeHeader.test(name));
      if (spelled(Object.fromEntries(others)) !== spelled(object.headers))
        complain(
          `has the headers ${spelled(Object.fromEntries(others))}, and had ${spelled(object.headers)}`,
        );
      const content = contentOf(object);
      for (const bucket of [newRsa, newAes]) {
        const opened = await bucket?.get(key);
        if (Buffer.compare((await opened?.bytes()) ?? Buffer.alloc(0), content) !== 0)
          complain('has another content');
      }
      const tried = index % rsaTries > 0 ? [oldAes] : [oldRsa, oldAes];
      for (const bucket of tried) if (await opensWith(bucket, key)) complain('opens with an old key');
    } catch (error) {
      complain(`cannot be read: ${error instanceof Error ? error.message : String(error)}`);
    }
    if (complaints.length > mostComplaints) return complaints;
  }
  complaints.push(...(await attributeComplaints(oss, bucketName, objects)));
  return complaints;
}

const mostComplaints = 20;

/** The format, and what each of its keys is called. */
function namedKeys(headers: Readonly<Record<string, string>>): string {
  const state = parseEnvelope(headers);
  if (state.kind === 'plain') return 'plain';
  const { envelope } = state;
  const wrapped = envelope.format === 'sealed' ? envelope.recipients : [envelope];
  return [envelope.format, ...wrapped.map(({ materialDescription: { key } }) => key)].join(' ');
}

async function opensWith(bucket: EncryptedBucket | undefined, key: string): Promise<boolean> {
  try {
    await (await bucket?.get(key))?.bytes();
    return true;
  } catch (error) {
    if (
      isOssEnvelopeError(error, 'ERR_KEY_UNWRAP_FAILED') ||
      isOssEnvelopeError(error, 'ERR_NO_MATCHING_KEY')
    )
      return false;
    throw error;
  }
}

function spelled(headers: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(headers).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Classes, ACLs and tags, which only OSS itself tells. */
async function attributeComplaints(
  oss: LocalOss,
  bucket: string,
  objects: readonly MixedObject[],
): Promise<readonly string[]> {
  const { origin: endpoint, region } = oss;
  const transport = fetchTransport({ endpoint, region, bucket, credentials: { ...defaultOssAccount } });
  const complaints: string[] = [];
  for (const { key, attributes } of objects) {
    if (attributes === undefined) continue;
    const query = { key, headers: {} };
    const [{ headers }, acl, tags] = await Promise.all([
      transport.head(query),
      transport.acl?.(query),
      transport.tags?.(query),
    ]);
    const found = [headers['x-oss-storage-class'], acl, `number=${tags?.number}`].join(' ');
    const wanted = Object.values(attributes).join(' ');
    if (found !== wanted) complaints.push(`${JSON.stringify(key)} has ${found}, and had ${wanted}.`);
  }
  return complaints;
}
