// Records what the peers write as the project's own vectors: `npm run vectors:record`.
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import kmsSdk from '@alicloud/kms20160120';
import { defaultKmsAccount } from '@oss-envelope/local-cloud';
import { sampleContent, sha256 } from './contents.mjs';
import { ruleFor } from './expectations.mjs';
import { formatted } from './formatting.mjs';
import { description, schemes } from './schemes.mjs';

const folder = fileURLToPath(new URL('../vectors', import.meta.url));
const partSizeBytes = 100 * 1024;

/** Small, since the vectors are kept in the repository; one of the sizes is in two parts, and only a few write it. */
const sizes = {
  empty: { sizeBytes: 0, schemes: ['rsa-2018', 'rsa-pkcs1'] },
  byte: { sizeBytes: 1, schemes: ['rsa-2018', 'rsa-pkcs1'] },
  kilobyte: { sizeBytes: 1000, schemes: Object.keys(schemes) },
  parts: {
    sizeBytes: partSizeBytes + 50,
    parts: true,
    schemes: ['rsa-pkcs1'],
    peers: ['oss2 2.19', 'Java 3.18.4'],
  },
};

function plan(peerName) {
  return Object.keys(schemes).flatMap((scheme) =>
    [false, true].flatMap((described) =>
      Object.entries(sizes)
        .filter(([, size]) => size.schemes.includes(scheme))
        .filter(([, size]) => size.peers === undefined || size.peers.includes(peerName))
        // A description is about the headers: one size shows it.
        .filter(([name]) => !described || name === 'kilobyte')
        .filter(
          ([name]) =>
            ruleFor({ peer: peerName, way: 'writes', scheme, described, shape: name })?.cannot === undefined,
        )
        .map(([name, size]) => ({ scheme, described, name, ...size })),
    ),
  );
}

/** What KMS answers for the blobs in an object's headers, in either layering. */
async function kmsAnswers({ kms }, headers, passphrase) {
  const client = new kmsSdk.default({
    ...{ ...defaultKmsAccount, endpoint: kms.endpoint, protocol: 'http', regionId: kms.region },
  });
  const encryptionContext = passphrase === undefined ? '' : `{"x-passphrase":"${passphrase}"}`;
  const answers = [];
  for (const [name, value] of Object.entries(headers)) {
    if (!/-(?:key|start)$/.test(name)) continue;
    for (const blob of [value, Buffer.from(value, 'base64').toString('latin1')]) {
      const request = new kmsSdk.DecryptRequest({
        ciphertextBlob: blob,
        ...(encryptionContext === '' ? {} : { encryptionContext }),
      });
      try {
        answers.push({ blob, plaintext: (await client.decrypt(request)).plaintext, encryptionContext });
        break;
      } catch {
        // The other layering, then.
      }
    }
  }
  if (answers.length !== 2) throw new Error('KMS does not open what was wrapped');
  return answers;
}

async function recordOne({ peer, process, services }, { scheme, described, name, sizeBytes, parts }) {
  const content = sampleContent(sizeBytes);
  const file = join(services.folder, 'recorded');
  await writeFile(file, content);
  const title = `${peer.name} ${scheme}${described ? ' described' : ''} ${name}`;
  const key = title.toLowerCase().replace(/[^a-z0-9.]+/g, '-');
  const { passphrase } = schemes[scheme];
  const answer = await process.ask({
    ...{ op: parts ? 'put-parts' : 'put', key, file, scheme, partSizeBytes },
    ...{ passphrase: passphrase ?? null, description: described ? description : null },
  });
  if (!answer.ok) throw new Error(`${title}: ${answer.error}`);
  const { bytes, headers } = await services.oss.getObject(services.bucket, key);
  await writeFile(join(folder, `${key}.ciphertext`), bytes);
  const metadata = Object.fromEntries(
    Object.entries(headers)
      .filter(([header]) => header.startsWith('x-oss-meta-'))
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
  return {
    name: key,
    writtenBy: `${peer.sdk.replaceAll('`', '')} ${peer.version}`,
    scheme,
    format: schemes[scheme].format,
    description: described ? description : {},
    ...(passphrase === undefined ? {} : { passphrase }),
    headers: metadata,
    ...(scheme.startsWith('kms') ? { kmsAnswers: await kmsAnswers(services, metadata, passphrase) } : {}),
    sizeBytes,
    plaintextSha256: sha256(content),
    ciphertextSha256: sha256(bytes),
  };
}

function readme(vectors, peers) {
  const rows = vectors.map(
    ({ name, writtenBy, sizeBytes, plaintextSha256, ciphertextSha256 }) =>
      `| ${name} | ${writtenBy} | ${sizeBytes} | \`${plaintextSha256.slice(0, 16)}…\` | \`${ciphertextSha256}\` |`,
  );
  return `# Objects that the official SDKs wrote

Written by \`npm run vectors:record\`, which installs the SDKs and has each write to the local OSS, with its own client; change
nothing by hand. \`npm test\` reads them all, so that a machine without Python, Go and Java proves compatibility too.

SDKs: ${peers.map(({ sdk, version }) => `${sdk} ${version}`).join('; ')}.

- \`recorded.json\`: for each object its user metadata, the description and passphrase that it was written with, the size and
  SHA-256 of its plaintext, the SHA-256 of its ciphertext, and for KMS what the key service answers for each blob. Where a
  plaintext is needed as bytes: it is the keystream of AES-256-CTR (\`sampleContent\` in \`tests/interop/contents.mjs\`).
- \`NAME.ciphertext\`: its body.
- \`keys/\`: the RSA pair of 2048 bits that wrapped the data keys, made for these tests. **It is no secret, and protects nothing.**

The KMS is the local one of \`@oss-envelope/local-cloud\`, and its master key is gone: only the recorded answers open these blobs.

| object | written by | bytes | SHA-256 of the plaintext | SHA-256 of the ciphertext |
| --- | --- | ---: | --- | --- |
${rows.join('\n')}

## Beside them

- \`generated.json\`: what the official SDKs' code wrote when it was run for this purpose, with a KMS that stands in for the real
  one (oss2 2.10.0: \`py2018-*\`; oss2 2.19.1: \`py-*\`; the crypto package of Go's SDK v2: \`go-kms\`). Each record has the user
  metadata, the ciphertext, the SHA-256 of the plaintext, and the requests to the KMS. The blobs hold their own plaintext.
- \`keys/compat-*\`: the published RSA test pair of 1024 bits that wrapped their data keys. **It is no secret either.**
- \`signatures.json\`: requests to OSS and the signatures that the official SDKs' tests expect, V1 and V4, stage by stage.
- \`kms-requests.json\`: what the official KMS clients (1.2.0, and the call shape of 2.x and 3.x) sent to a server on loopback,
  with an account that does not exist.

Nothing writes these files again; change nothing by hand.
`;
}

/** Has every running peer write its objects, and replaces the recorded ones. Returns how many there are. */
export async function recordVectors(running, services) {
  await mkdir(folder, { recursive: true });
  for (const name of await readdir(folder)) {
    if (name.endsWith('.ciphertext')) await rm(join(folder, name));
  }
  const vectors = [];
  for (const { peer, process } of running) {
    for (const object of plan(peer.name)) vectors.push(await recordOne({ peer, process, services }, object));
  }
  const peers = running.map(({ peer }) => peer);
  for (const [name, text] of [
    ['recorded.json', JSON.stringify(vectors, null, 2)],
    ['README.md', readme(vectors, peers)],
  ]) {
    await writeFile(join(folder, name), formatted(text, `tests/vectors/${name}`));
  }
  return vectors.length;
}
