// Every parser of bytes that nobody vouches for: what it is given, and what it may do. Inputs are texts; of bytes, each
// character is one byte. A parser returns, or throws an error of this project: anything else is a fault.
import { generateKeyPairSync } from 'node:crypto';
import {
  parseObjectAcl,
  parseObjectPage,
  parseObjectTags,
} from '../../packages/core/src/adapter/answer-documents.js';
import { parseDeletion } from '../../packages/core/src/adapter/deletion-documents.js';
import { parsePartPage, parseUploadId } from '../../packages/core/src/adapter/part-documents.js';
import { refusalOf } from '../../packages/core/src/adapter/refusal.js';
import type { CheckpointJournal } from '../../packages/core/src/contract/checkpoint-store.js';
import { parseXml } from '../../packages/core/src/encoding/xml-element.js';
import { formatEnvelope } from '../../packages/core/src/envelope/envelope.js';
import { parseEnvelope } from '../../packages/core/src/envelope/envelope-reading.js';
import { parseMaterialDescription } from '../../packages/core/src/envelope/material-description-reading.js';
import { parseUserMetadata } from '../../packages/core/src/envelope/user-metadata.js';
import { DownloadCheckpoint } from '../../packages/core/src/node/download-checkpoint.js';
import { placeOfBody } from '../../packages/core/src/reading/read-plan.js';
import { parseUpload } from '../../packages/core/src/writing/upload-checkpoint.js';
import { InventoryFileReader } from '../../packages/jobs/src/sources/inventory-file.js';
import { parseManifest } from '../../packages/jobs/src/sources/inventory-manifest.js';
import { RowReader } from '../../packages/jobs/src/sources/inventory-rows.js';
import { parseAesSecret } from '../../packages/provider-aes/src/secret/aes-secret.js';
import { parseIdentities } from '../../packages/provider-age/src/keys/identities.js';
import { parseRecipients } from '../../packages/provider-age/src/keys/recipients.js';
import { clientFailure } from '../../packages/provider-kms/src/operations/client-failure.js';
import { fetchCall } from '../../packages/provider-kms/src/operations/fetch/fetch-call.js';
import type { ResilientCall } from '../../packages/provider-kms/src/operations/resilient-call.js';
import { kmsKeyProvider } from '../../packages/provider-kms/src/wrapping/kms-key-provider.js';
import {
  privateComponentsOfPkcs1,
  privateComponentsOfPkcs8,
  publicComponentsOfPkcs1,
  publicComponentsOfSpki,
} from '../../packages/provider-rsa/src/keys/rsa-key-der.js';
import { rsaPort as nodePort } from '../../packages/provider-rsa/src/port/node/rsa-port.js';
import { rsaPort as webPort } from '../../packages/provider-rsa/src/port/web/rsa-port.js';
import { assertSignable } from '../../packages/transport-fetch/src/presigning/page-request.js';

/** One parser. */
export interface Target {
  /** How an input is built: what the mutations know of it. */
  readonly syntax: 'json' | 'xml' | 'text' | 'der' | 'pem' | 'lines' | 'csv';
  /** Valid inputs, from which the others are made. */
  readonly seeds: readonly string[];
  /** Throws an error of this project, or anything else for a fault. */
  run(input: string): unknown;
}

/** A property that a parser's result must have. */
function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(`the result ${what}`);
}

const record = (value: unknown): Record<string, string> =>
  Object.fromEntries(
    Object.entries((typeof value === 'object' && value) || {}).map(([name, item]) => [
      name.toLowerCase(),
      typeof item === 'string' ? item : `${JSON.stringify(item)}`,
    ]),
  );
/** What `JSON.parse` gives, or the text itself: a caller may be given anything. */
function anyJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
const answer = (document: string) => ({ status: 200, headers: { 'x-oss-request-id': 'A' }, document });
const bytesOf = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(text, (character) => character.charCodeAt(0) & 0xff);
const journalOf = (text: string): CheckpointJournal => ({
  records: text === '' ? [] : text.split('\n'),
  async append() {},
  async clear() {},
  async close() {},
});

const base64 = (bytes: number, fill = 7): string => Buffer.alloc(bytes, fill).toString('base64');
const recipient = JSON.stringify({
  wrap: 'rsa-oaep-sha256',
  kek: base64(256),
  dek: base64(60),
  desc: { key: '2026' },
});
const sealedHeaders = {
  'x-oss-meta-oss-envelope-format': 'sealed/1',
  'x-oss-meta-oss-envelope-head': base64(56),
  'x-oss-meta-oss-envelope-context': '{"tenant":"7"}',
  'x-oss-meta-oss-envelope-bound': 'key',
  'x-oss-meta-oss-envelope-key-1': recipient,
};
const counterHeaders = {
  'x-oss-meta-oss-crypto-key': base64(256),
  'x-oss-meta-oss-crypto-start': base64(256),
  'x-oss-meta-oss-cek-alg': 'AES/CTR/NoPadding',
  'x-oss-meta-oss-wrap-alg': 'rsa',
  'x-oss-meta-oss-matdesc': '{"key":"2026"}',
  'x-oss-meta-unencrypted-content-length': '30000',
};
const currentHeaders = {
  'x-oss-meta-client-side-encryption-key': base64(256),
  'x-oss-meta-client-side-encryption-start': base64(256),
  'x-oss-meta-client-side-encryption-cek-alg': 'AES/CTR/NoPadding',
  'x-oss-meta-client-side-encryption-wrap-alg': 'RSA/NONE/PKCS1Padding',
  'x-oss-meta-client-side-encryption-matdesc': '{"key":"2026"}',
  'x-oss-meta-client-side-encryption-unencrypted-content-length': '30000',
  'x-oss-meta-client-side-encryption-unencrypted-content-md5': base64(16),
  'x-oss-meta-client-side-encryption-data-size': '30000',
  'x-oss-meta-client-side-encryption-part-size': '10000',
};

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pem = (kind: 'spki' | 'pkcs8' | 'pkcs1'): string =>
  kind === 'pkcs8'
    ? privateKey.export({ type: kind, format: 'pem' }).toString()
    : publicKey.export({ type: kind, format: 'pem' }).toString();
const der = (bytes: Buffer): string => bytes.toString('latin1');
const ders = [
  der(publicKey.export({ type: 'spki', format: 'der' })),
  der(publicKey.export({ type: 'pkcs1', format: 'der' })),
  der(privateKey.export({ type: 'pkcs8', format: 'der' })),
  der(privateKey.export({ type: 'pkcs1', format: 'der' })),
];
const keyOptions = {
  passphrase: undefined,
  randomBytes: (lengthBytes: number) => new Uint8Array(lengthBytes).fill(1),
  allowPkcs1DecryptionInJavaScript: true,
};
/** Opens a key in all ways, each of which may refuse it. */
async function openKey(input: unknown): Promise<void> {
  let refusal: unknown;
  for (const port of [nodePort, webPort]) {
    for (const open of [
      () => port.openPublicKey(input as never, keyOptions),
      () => port.openPrivateKey(input as never, keyOptions),
    ]) {
      try {
        await open();
      } catch (error) {
        if (!isTyped(error)) throw error;
        refusal = error;
      }
    }
  }
  if (refusal !== undefined) throw refusal;
}

/** A provider over a KMS that gives the same answer to whatever it is asked. */
const kmsThatAnswers = (status: number, text: string) => {
  const fetch = async (): Promise<Response> =>
    new Response(text, {
      status,
      headers: { 'x-acs-retry-after': text.slice(0, 12).replace(/[^\x20-\x7e]/g, '') },
    });
  const endpoint = { protocol: 'https', host: 'kms.cn-hangzhou.aliyuncs.com' } as const;
  const credentials = { accessKeyId: 'a', accessKeySecret: 'b', securityToken: undefined };
  const once = fetchCall({ endpoint, fetch, now: () => 0 }, credentials as never);
  const call: ResilientCall = async (action, parameters, signal) => {
    try {
      return await once(action, parameters, {
        signal: signal ?? new AbortController().signal,
        timeoutMs: 1000,
      });
    } catch (error) {
      throw clientFailure(action, error);
    }
  };
  return kmsKeyProvider({
    call,
    keyId: 'key-1',
    readKeyIds: ['key-1'],
    context: { text: undefined, pairs: {} },
    layering: 'standard',
    materialDescription: {},
    cache: undefined,
  });
};
/** What an error says of an answer is short, and holds no control characters. */
function mustBeShown({ message }: { readonly message: string }): void {
  must(message.length < 2000, `has a message of ${message.length} characters`);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
  must(!/[\u0000-\u001f\u007f]/.test(message), 'shows control characters');
}
/** Tries in all ways, each of which may refuse. @throws the last refusal, when one did */
async function tryAll(ways: readonly (() => unknown)[]): Promise<void> {
  let refusal: unknown;
  for (const way of ways) {
    try {
      await way();
    } catch (error) {
      if (!isTyped(error)) throw error;
      mustBeShown(error as Error);
      refusal = error;
    }
  }
  if (refusal !== undefined) throw refusal;
}

/** Whether an error is one of this project, and says nothing that it must not. */
export function isTyped(error: unknown): boolean {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  return (
    typeof code === 'string' &&
    /^ERR_[A-Z_]+$/.test(code) &&
    !code.startsWith('ERR_OSSL') &&
    !nodeCodes.test(code) &&
    typeof message === 'string' &&
    message.length < 4000
  );
}
/** Codes of Node that look like ours. */
const nodeCodes = /^ERR_(CRYPTO|INVALID_ARG|OUT_OF_MEMORY|STRING|BUFFER|ENCODING|HTTP|STREAM)_/;

export const targets: Readonly<Record<string, Target>> = {
  envelope: {
    syntax: 'json',
    seeds: [sealedHeaders, counterHeaders, currentHeaders].map((headers) => JSON.stringify(headers)),
    run(input) {
      const headers = record(anyJson(input));
      const state = parseEnvelope(headers);
      parseEnvelope(headers, { lenient: true });
      if (state.kind === 'plain') return;
      // What is read can be written, and read again.
      const again = parseEnvelope(formatEnvelope(state.envelope));
      must(again.kind === state.kind, 'is read otherwise when it is written');
    },
  },
  recipients: {
    syntax: 'json',
    seeds: [recipient, JSON.stringify({ wrap: 'kms', kek: base64(180), dek: base64(60) })],
    run: (input) => parseEnvelope({ ...sealedHeaders, 'x-oss-meta-oss-envelope-key-1': input }),
  },
  'sealed context': {
    syntax: 'json',
    seeds: ['{"tenant":"7"}', '{"a":"\\u00e9","b":""}'],
    run: (input) => parseEnvelope({ ...sealedHeaders, 'x-oss-meta-oss-envelope-context': input }),
  },
  'material description': {
    syntax: 'json',
    seeds: ['{"key":"2026"}', '{"a":"b","c":"d"}', '{}'],
    run: parseMaterialDescription,
  },
  'user metadata': {
    syntax: 'json',
    seeds: [JSON.stringify({ ...counterHeaders, 'x-oss-meta-note': 'caf\u00c3\u00a9' })],
    run: (input) => parseUserMetadata(record(anyJson(input))),
  },
  xml: {
    syntax: 'xml',
    seeds: ['<?xml version="1.0"?><a><b>1 &amp; &#x32;</b><c/><![CDATA[x]]></a>', '<a x="1"><b>t</b></a>'],
    run(input) {
      const element = parseXml(input);
      must(element === undefined || typeof element.name === 'string', 'is no element');
    },
  },
  'list of objects': {
    syntax: 'xml',
    seeds: [
      '<ListBucketResult><Name>b</Name><EncodingType>url</EncodingType><IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken><KeyCount>1</KeyCount><Contents><Key>a%2Fb</Key><LastModified>2026-01-02T03:04:05.000Z</LastModified><ETag>"A"</ETag><Size>12</Size><StorageClass>Standard</StorageClass></Contents><CommonPrefixes><Prefix>p%2F</Prefix></CommonPrefixes></ListBucketResult>',
    ],
    run: (input) => parseObjectPage(answer(input)),
  },
  'list of parts': {
    syntax: 'xml',
    seeds: [
      '<ListPartsResult><IsTruncated>true</IsTruncated><NextPartNumberMarker>2</NextPartNumberMarker><Part><PartNumber>1</PartNumber><ETag>"A"</ETag><Size>102400</Size><HashCrc64ecma>1</HashCrc64ecma></Part><Part><PartNumber>2</PartNumber><ETag>"B"</ETag><Size>1</Size></Part></ListPartsResult>',
    ],
    run: (input) => parsePartPage(answer(input), 0),
  },
  'results of uploads, deletions, ACLs and tags': {
    syntax: 'xml',
    seeds: [
      '<InitiateMultipartUploadResult><Bucket>b</Bucket><Key>k</Key><UploadId>ABC</UploadId></InitiateMultipartUploadResult>',
      '<DeleteResult><EncodingType>url</EncodingType><Deleted><Key>a</Key></Deleted><Error><Key>b</Key><Code>AccessDenied</Code><Message>m</Message></Error></DeleteResult>',
      '<AccessControlPolicy><Owner><ID>1</ID></Owner><AccessControlList><Grant>private</Grant></AccessControlList></AccessControlPolicy>',
      '<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>',
    ],
    run(input) {
      let refusal: unknown;
      for (const parse of [
        parseUploadId,
        parseObjectAcl,
        parseObjectTags,
        (document: ReturnType<typeof answer>) => parseDeletion(document, ['a', 'b']),
      ]) {
        try {
          parse(answer(input));
        } catch (error) {
          if (!isTyped(error)) throw error;
          refusal = error;
        }
      }
      if (refusal !== undefined) throw refusal;
    },
  },
  'error bodies': {
    syntax: 'xml',
    seeds: [
      '<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>no</Message><RequestId>5C3D</RequestId><HostId>h</HostId><EC>0003-00000001</EC></Error>',
      '<Error><Code>RequestTimeTooSkewed</Code><ServerTime>2026-01-02T03:04:05.000Z</ServerTime></Error>',
    ],
    run(input) {
      for (const status of [400, 403, 404, 412, 500]) {
        const { error, serverTimeMs } = refusalOf({
          status,
          headers: {
            date: input.slice(0, 60),
            'retry-after': input.slice(0, 20),
            'x-oss-err': input.slice(0, 200),
          },
          document: input,
        });
        must(error.status === status, 'has another status');
        must(error.message.length < 3000, `has a message of ${error.message.length} characters`);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
        must(!/[\u0000-\u0008\u000b-\u001f\u007f]/.test(error.message), 'shows control characters');
        must(serverTimeMs === undefined || Number.isFinite(serverTimeMs), 'has a time that is none');
      }
    },
  },
  'content-range': {
    syntax: 'text',
    seeds: ['bytes 0-99/30000', 'bytes 100-199/*', 'bytes */30000', 'bytes 5-5/6'],
    run(input) {
      const place = placeOfBody({
        status: 206,
        headers: { 'content-range': input, 'content-length': '100' },
      });
      const { offsetBytes, sizeBytes, storedSizeBytes } = place;
      for (const size of [offsetBytes, sizeBytes ?? 0, storedSizeBytes ?? 0])
        must(Number.isSafeInteger(size) && size >= 0, 'has a size that is none');
      placeOfBody({ status: 200, headers: { 'content-length': input } });
    },
  },
  'checkpoints of uploads': {
    syntax: 'lines',
    seeds: [
      [
        JSON.stringify({
          state: JSON.stringify({
            version: 2,
            kind: 'upload',
            key: 'k',
            uploadId: 'A',
            headers: counterHeaders,
            sizeBytes: 400_000,
            partSizeBytes: 102_400,
            source: '',
          }),
          mac: base64(32),
        }),
        JSON.stringify({ part: 1, digest: base64(32) }),
        JSON.stringify({ part: 2, digest: base64(32, 8) }),
      ].join('\n'),
    ],
    run: (input) => parseUpload(journalOf(input)),
  },
  'checkpoints of downloads': {
    syntax: 'lines',
    seeds: [
      [
        JSON.stringify({
          version: 2,
          kind: 'download',
          key: 'k',
          etag: '"A"',
          sizeBytes: 400_000,
          partSizeBytes: 100_000,
        }),
        JSON.stringify({ range: 0, crc64: '123' }),
        JSON.stringify({ range: 3, crc64: '18446744073709551615' }),
      ].join('\n'),
    ],
    run: (input) =>
      DownloadCheckpoint.open(
        journalOf(input),
        { key: 'k', sizeBytes: 400_000, etag: '"A"' } as never,
        100_000,
      ),
  },
  pem: { syntax: 'pem', seeds: [pem('spki'), pem('pkcs1'), pem('pkcs8')], run: openKey },
  der: {
    syntax: 'der',
    seeds: ders,
    run(input) {
      let refusal: unknown;
      for (const parse of [
        publicComponentsOfSpki,
        publicComponentsOfPkcs1,
        privateComponentsOfPkcs8,
        privateComponentsOfPkcs1,
      ]) {
        try {
          parse(bytesOf(input));
        } catch (error) {
          if (!isTyped(error)) throw error;
          refusal = error;
        }
      }
      if (refusal !== undefined) throw refusal;
    },
  },
  'keys in der': { syntax: 'der', seeds: ders, run: (input) => openKey(bytesOf(input)) },
  jwk: {
    syntax: 'json',
    seeds: [
      JSON.stringify(publicKey.export({ format: 'jwk' })),
      JSON.stringify(privateKey.export({ format: 'jwk' })),
    ],
    run: (input) => openKey(anyJson(input)),
  },
  'presigned requests': {
    syntax: 'json',
    seeds: [
      { method: 'PUT', key: 'users/7/a', query: {}, headers: counterHeaders },
      { method: 'PUT', key: 'k', query: { partNumber: '1', uploadId: 'A' }, headers: {} },
      { method: 'GET', key: '', query: { 'list-type': '2', prefix: 'p' }, headers: {} },
    ].map((request) => JSON.stringify(request)),
    run: (input) => assertSignable(anyJson(input), ['put', 'parts', 'get']),
  },
  'age keys': {
    syntax: 'lines',
    seeds: [
      '# created: 2026-01-02\n# public key: age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj\nAGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX',
      'age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj',
    ],
    run(input) {
      let refusal: unknown;
      for (const parse of [parseIdentities, parseRecipients]) {
        try {
          parse('input', input);
        } catch (error) {
          if (!isTyped(error)) throw error;
          refusal = error;
        }
      }
      if (refusal !== undefined) throw refusal;
    },
  },
  'aes secrets': {
    syntax: 'text',
    seeds: [base64(32), 'ab'.repeat(32), ` ${base64(32)}\n`],
    run: parseAesSecret,
  },
  'answers of KMS': {
    syntax: 'json',
    seeds: [
      {
        CiphertextBlob: base64(180),
        KeyId: 'key-1',
        Plaintext: base64(32),
        RequestId: '475f1620-b9d3-4d35-b5c6',
      },
      { Code: 'Forbidden.KeyNotFound', Message: 'The specified Key is not found.', RequestId: '475f1620' },
    ].map((answer) => JSON.stringify(answer)),
    async run(input) {
      const status = /code/i.test(input) ? [400, 403, 404, 429, 503][input.length % 5]! : 200;
      const provider = kmsThatAnswers(status, input);
      await tryAll([
        async () => {
          const { key, wrappedKey } = await provider.wrapKey({
            format: 'sealed',
            context: undefined,
            key: undefined,
            start: undefined,
            signal: undefined,
          } as never);
          must(key.bytes.length === 32 && wrappedKey.length > 0, 'is a key of another size');
        },
        async () => {
          const { key } = await provider.unwrapKey({
            format: 'oss-crypto',
            wrapAlgorithm: 'kms',
            wrappedKey: new Uint8Array(180),
            wrappedStart: new Uint8Array(180),
          } as never);
          must(key.bytes.length <= 200_000, 'is a key of another size');
        },
      ]);
    },
  },
  'failures of KMS clients': {
    syntax: 'json',
    seeds: [
      {
        name: 'Forbidden.KeyNotFoundError',
        code: 'Forbidden.KeyNotFoundError',
        message: 'Forbidden.KeyNotFound: code: 404, no key request id: 475f AccessKeyId=LTAI',
        data: { Code: 'Forbidden.KeyNotFound', RequestId: '475f1620', statusCode: 404 },
      },
      { statusCode: 503, retryAfter: 1000, requestId: '475f', code: 'ServiceUnavailable', data: {} },
      { name: 'TypeError', message: 'fetch failed', cause: { code: 'ECONNREFUSED' } },
      { name: 'RequestTimeoutError', code: 'CERT_HAS_EXPIRED' },
    ].map((error) => JSON.stringify(error)),
    run(input) {
      const error = clientFailure('Decrypt', anyJson(input)) as Error & { readonly status?: unknown };
      must(isTyped(error), 'is no error of this project');
      mustBeShown(error);
      must(!/LTAI|AccessKeyId/.test(error.message), 'tells what a client said');
      const { status } = error;
      must(status === undefined || Number.isInteger(status), 'has a status that is none');
    },
  },
  'inventory manifests': {
    syntax: 'json',
    seeds: [
      {
        creationTimestamp: '1768879202',
        destinationBucket: 'inventories',
        fileFormat: 'CSV',
        fileSchema: 'Bucket, Key, Size, StorageClass, LastModifiedDate, ETag, IsLatest, IsDeleteMarker',
        files: [
          {
            MD5checksum: 'F77449179760C3B13F1E76110F07ZZZZ'.replaceAll('Z', '0'),
            key: 'photos/daily/data/a.csv.gz',
            size: 2046,
          },
          { key: 'photos/daily/data/b.csv', size: '17' },
        ],
        sourceBucket: 'photos',
        version: '2019-09-01',
      },
      {
        startTimestamp: 1768879202000,
        fileFormat: 'csv',
        fileSchema: 'Key,RecordType',
        files: [],
        sourceBucket: 'b',
      },
    ].map((manifest) => JSON.stringify(manifest)),
    run(input) {
      const { files, columns, createdAt } = parseManifest(input, 'photos/daily/manifest.json');
      must(columns.includes('key'), 'has no column for keys');
      must(Number.isFinite(createdAt.getTime()), 'has a time that is none');
      must(new Set(files.map(({ key }) => key)).size === files.length, 'has a file twice');
      for (const { sizeBytes, md5 } of files) {
        must(Number.isSafeInteger(sizeBytes) && sizeBytes >= 0, 'has a size that is none');
        must(md5 === undefined || /^[0-9a-f]{32}$/.test(md5), 'has an MD5 that is none');
      }
    },
  },
  'rows of inventories': {
    syntax: 'csv',
    seeds: [
      [
        '"photos","a%2Fb.jpg","1024","Standard","2026-01-02T03-04-05Z","ABC","true","false",""',
        '"photos","c+d%20e","0","IA","2026-01-02T03:04:05.000Z","DEF","false","false","CREATE"',
        '"photos","null","","","","","true","true","DELETE"',
      ].join('\n'),
      'photos,%E5%9B%BE+1,17,Standard,2026-01-02T03-04-05Z,,true,false,UPDATE\r\n',
      '\ufeffphotos,a,1,,,,,,',
    ],
    async run(input) {
      // Some hundredths of a millisecond for each row that is refused, of which a long input has many: the limit of time is
      // for 512 of them.
      const bytes = Buffer.from(input).subarray(0, 1024);
      const file = { key: 'photos/daily/data/a.csv', sizeBytes: bytes.length, md5: undefined };
      const get = async () => ({
        status: 206,
        headers: { etag: '"A"' },
        chunks: (async function* () {
          yield bytes;
        })(),
        cancel: async () => {},
      });
      const reader = new InventoryFileReader({ bucketName: 'photos', get, retry: undefined } as never, file);
      const rows = new RowReader(inventoryColumns, 'photos', '');
      for (let row = 1; ; row++) {
        const fields = await reader.next(undefined);
        if (fields === undefined) break;
        must(reader.row === row, 'counts rows otherwise');
        const result = rows.read(fields, row);
        if (result.kind === 'broken') {
          mustBeShown(result.broken);
          continue;
        }
        for (const { key, sizeBytes, lastModified } of result.items) {
          must(key.length > 0 && Buffer.byteLength(key) <= 1023, 'has a key that is none');
          must(sizeBytes === undefined || Number.isSafeInteger(sizeBytes), 'has a size that is none');
          must(
            lastModified === undefined || Number.isFinite(lastModified.getTime()),
            'has a time that is none',
          );
        }
      }
    },
  },
};

const inventoryColumns = [
  'bucket',
  'key',
  'size',
  'storageclass',
  'lastmodifieddate',
  'etag',
  'islatest',
  'isdeletemarker',
  'recordtype',
];
