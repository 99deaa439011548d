// The directions of imports: what the linter (.dependency-cruiser.mjs) holds, and what docs/architecture.md shows.

/**
 * The rooms of each package, from the top down: a room may import those below it, never those above it. Files that
 * stand directly in `src` are the package's entry, above all rooms.
 */
export const rooms = {
  core: [
    { room: 'node', job: 'files on Node: put, get, checkpoints' },
    { room: 'client', job: 'what users call: options in, objects out' },
    { room: 'changing', job: 'other keys, another place or another format for an object that is there' },
    { room: 'writing', job: 'from plaintext to an object' },
    { room: 'reading', job: 'from an answer to plaintext' },
    { room: 'envelope', job: 'what the metadata say, and whose key opens it' },
    { room: 'cipher', job: 'bytes in, bytes out: how content is stored' },
    { room: 'adapter', job: 'the rules of OSS, which transports and providers share' },
    { room: 'contract', job: 'what third parties implement' },
    { room: 'stream', job: 'chunks of bytes, whatever they are' },
    { room: 'encoding', job: 'bytes and texts into each other' },
    { room: 'errors', job: 'one root class, and one class for each code' },
  ],
  'provider-rsa': [
    { room: 'node', job: 'key pairs in folders on Node' },
    { room: 'provider', job: 'options in, a key provider out' },
    { room: 'port', job: 'RSA as a runtime has it: Node or Web Crypto' },
    { room: 'keys', job: 'the forms of RSA keys, and which keys are refused' },
  ],
  'provider-kms': [
    { room: 'provider', job: 'options in, a key provider out' },
    { room: 'wrapping', job: 'which calls wrap and unwrap a key, and what of it is stored' },
    { room: 'operations', job: 'calls of KMS, by the SDK or by fetch, with retries and typed errors' },
    { room: 'options', job: 'endpoints, key ids and contexts' },
  ],
  'provider-aes': [
    { room: 'node', job: 'secrets in files on Node' },
    { room: 'provider', job: 'options in, a key provider out' },
    { room: 'secret', job: 'the forms of a secret, and what is wrapped under it' },
  ],
  'provider-age': [
    { room: 'node', job: 'identities in files on Node' },
    { room: 'provider', job: 'options in, a key provider out' },
    { room: 'keys', job: 'identities, recipients, passphrases and passkeys of age' },
  ],
  'transport-fetch': [
    { room: 'presigning', job: 'signed URLs, and the transport that uses them' },
    { room: 'sending', job: 'requests over fetch, and their answers' },
    { room: 'signing', job: 'signatures of OSS, and the addresses of buckets' },
    { room: 'port', job: 'what each runtime has of its own: hashes, and fetch' },
  ],
  cli: [
    { room: 'commands', job: 'one file for each command' },
    { room: 'inspection', job: 'what an envelope says without a key, and who wrote it' },
    { room: 'keys', job: 'from flags and files to providers' },
    { room: 'settings', job: 'places, credentials and settings, as ossutil has them' },
    { room: 'output', job: 'lines, JSON, progress and exit statuses' },
    { room: 'messages', job: 'the texts, in English and Chinese' },
  ],
  jobs: [
    { room: 'engines', job: 'who works on which range, on one machine or on many' },
    { room: 'preflight', job: 'what is looked at before the first write' },
    { room: 'redis', job: 'a connection to Redis that a queue is safe with' },
    { room: 'report', job: 'what came of a job, its sums proven' },
    { room: 'work', job: 'one range of keys, from its first object to its last' },
    { room: 'tasks', job: 'what is done to one object' },
    { room: 'sources', job: 'where the names of objects come from' },
    { room: 'ledger', job: 'what is done, kept on disk or in the bucket' },
    { room: 'pace', job: 'how many requests a second, and what to do when there are too many' },
    { room: 'ranges', job: 'ranges of keys: how they are split, and whether they cover all' },
    { room: 'contract', job: 'what these agree on: jobs, ranges, attempts, records' },
  ],
  'local-cloud': [
    { room: 'oss/control', job: 'start, stop, and faults for tests' },
    { room: 'oss/operations', job: 'what each call does' },
    { room: 'oss/signatures', job: 'accounts, and who signed a request' },
    { room: 'oss/storage', job: 'what is kept, in memory or on disk' },
    { room: 'oss/http', job: 'requests and answers, and their errors' },
    { room: 'kms/control', job: 'start, stop, and faults for tests' },
    { room: 'kms/operations', job: 'what each call does' },
    { room: 'kms/signatures', job: 'accounts, and who signed a request' },
    { room: 'kms/storage', job: 'what is kept, in memory or on disk' },
    { room: 'kms/http', job: 'requests and answers, and their errors' },
    { room: 'common', job: 'what both services need' },
  ],
};

/** What each package may import of this project. */
export const packages = {
  core: [],
  crc64: [],
  'local-cloud': [],
  'provider-rsa': ['core'],
  'provider-kms': ['core'],
  'provider-aes': ['core'],
  'provider-age': ['core'],
  'transport-fetch': ['core', 'crc64'],
  'transport-node': ['core', 'crc64'],
  conformance: ['core'],
  jobs: ['core'],
  cli: [
    'core',
    'jobs',
    'local-cloud',
    'provider-aes',
    'provider-age',
    'provider-kms',
    'provider-rsa',
    'transport-fetch',
  ],
  'test-kit': ['core', 'crc64', 'local-cloud'],
};

/** Source that may import Node's modules; everything else of these packages runs where there are none. */
export const nodeSource = {
  core: ['node', 'cipher/node', 'encoding/node'],
  crc64: [],
  'provider-rsa': ['node', 'port/node'],
  'provider-aes': ['node'],
  'provider-age': ['node'],
  'transport-fetch': ['port/node'],
  conformance: [],
};
