// What is mutated, the tests that must notice, and how many of the mutants they must find.

const sources = (folder, ...places) => [
  ...places.map((place) =>
    place.startsWith('!') ? `!packages/${folder}/${place.slice(1)}` : `packages/${folder}/${place}`,
  ),
  '!packages/**/*.test.ts',
  '!packages/**/index.ts',
];
/** Those that replace modules only where they are named. */
const tests = (folder, ...places) =>
  places.map((place) => `packages/${folder}/${place.replace(/\*\*\/\*$/, '**/!(*.alone)')}.test.ts`);

/** What makes keys, or does much with the private one, and shows no more than others do. */
const slowWithKeys =
  /^(oss-crypto|client-side-encryption), padding|^gives synthetic bytes|lost its leading zero/;

/**
 * By name, which begins with the package. `least` is the score that must be reached, in percent. Tests over HTTP are not
 * among them: a mutant would take a minute.
 */
export const targets = {
  'core/envelope': {
    // Not writers.ts: it guesses, for people.
    files: sources('core/src', 'envelope/**/*.ts', '!envelope/writers.ts'),
    tests: tests('core/src', 'envelope/**/*', 'client/sealed-bucket'),
    least: 97,
  },
  'core/cipher': {
    files: sources('core/src', 'cipher/**/*.ts', '!cipher/plaintext-range.ts'),
    tests: tests('core/src', 'cipher/**/*', 'cipher/web-port.alone'),
    // What shorter bodies show too.
    leftOut: /^'(1048583|100000|65536|32767|16383)-|^the published vectors/,
    least: 90,
  },
  'core/planners': {
    files: sources(
      'core/src',
      'cipher/plaintext-range.ts',
      'writing/part-plan.ts',
      'writing/content-way.ts',
      'reading/read-plan.ts',
      'reading/beyond-end.ts',
    ),
    tests: tests(
      'core/src',
      'cipher/plaintext-range',
      'writing/{part-plan,object-writing}',
      'reading/**/*',
      'client/{object-handle,sealed-bucket}',
    ),
    least: 95,
  },
  'provider-rsa/port': {
    files: sources('provider-rsa/src', 'port/**/*.ts'),
    tests: tests('provider-rsa', 'src/port/**/*', 'src/port/web/plain-keys.alone', 'test/rsa-provider'),
    leftOut: slowWithKeys,
    least: 93,
  },
  // Not what makes pairs, or folders of them on disk.
  'provider-rsa/keys': {
    files: sources('provider-rsa/src', 'keys/!(rsa-key-pair).ts'),
    tests: tests('provider-rsa', 'src/keys/**/*'),
    least: 95,
  },
  'provider-rsa/provider': {
    files: sources('provider-rsa/src', 'provider/**/*.ts'),
    tests: tests('provider-rsa', 'src/provider/**/*', 'test/rsa-public-key-provider'),
    // Forms of keys: `provider-rsa/keys` has them.
    leftOut: /^(opens|explains) /,
    least: 99,
  },
  // Makes pairs, each of which takes longer than all tests of the rest.
  'provider-rsa/pairs': {
    files: sources('provider-rsa/src', 'keys/rsa-key-pair.ts'),
    tests: tests('provider-rsa', 'test/rsa-key-pair'),
    // What PEM and PKCS#8 are made of.
    leftOut: /^(is its own inverse|differs each time|refuses it cut short|PEM is)/,
    least: 98,
  },
  'provider-aes': {
    files: sources('provider-aes/src', '**/*.ts'),
    tests: tests('provider-aes', 'src/**/*', 'test/!(conformance|readme)'),
    least: 96,
  },
  'provider-age': {
    files: sources('provider-age/src', '**/*.ts'),
    tests: tests('provider-age', 'src/**/*', 'test/!(conformance|readme)'),
    least: 96,
  },
  'transport-fetch': {
    // What sends and receives is tried over HTTP.
    files: sources(
      'transport-fetch/src',
      'port/**/*.ts',
      'signing/**/*.ts',
      'presigning/page-request.ts',
      'presigning/presigning.ts',
    ),
    tests: tests('transport-fetch', 'src/port/**/*', 'src/signing/**/*', 'src/presigning/**/*'),
    leftOut: /^gives what a URL parser/,
    least: 95,
  },
  // Over a fetch of the tests' own.
  'transport-fetch/sending': {
    files: sources('transport-fetch/src', 'sending/*.ts'),
    tests: tests('transport-fetch', 'src/sending/*'),
    least: 96,
  },
  // What both transports share: retries, clocks, keys.
  'core/retries': {
    files: sources('core/src', 'adapter/{retry,server-clock,signing-remedy,query,oss-answer,object-key}.ts'),
    tests: tests('core/src', 'adapter/{retry,server-clock,signing-remedy,query,oss-answer,object-key}'),
    least: 95,
  },
  // What both transports share: documents, refusals, headers.
  'core/adapter': {
    files: sources(
      'core/src',
      'adapter/{refusal,request-headers,client-headers,header-advice}.ts',
      'adapter/*-documents.ts',
      'adapter/result-document.ts',
      'encoding/xml-element.ts',
    ),
    tests: tests(
      'core/src',
      'adapter/{refusal,request-headers,client-headers}',
      'adapter/{*-documents,result-document}',
      'encoding/xml-element',
    ),
    // Measures time, over documents of megabytes.
    leftOut: /^ends on any text/,
    least: 97,
  },
  'transport-node': {
    // What sends and receives is tried over HTTP.
    files: sources('transport-node/src', '{ali-oss-signer,request-head,url-signer}.ts'),
    tests: tests('transport-node', 'src/**/*'),
    least: 93,
  },
  // Over connections in memory.
  'transport-node/exchange': {
    files: sources(
      'transport-node/src',
      '{ali-oss-client,answer-body,http-exchange,idle-timer,send-together}.ts',
    ),
    tests: tests('transport-node', 'src/{ali-oss-client,answer-body,http-exchange,idle-timer,send-together}'),
    least: 94,
  },
  'provider-kms': {
    // What trusts an authority of its own is tried over HTTPS.
    files: sources('provider-kms/src', '**/*.ts', '!operations/fetch/authority-fetch.ts'),
    tests: tests(
      'provider-kms',
      'src/**/*',
      'src/operations/sdk/sdk-module.alone',
      'src/provider/kms-provider.alone',
      'test/provider-options',
    ),
    least: 97,
  },
  // What contents are, and how they are read.
  'core/sources': {
    files: sources('core/src', 'writing/{content-kinds,part-buffers,peeked-source,source,source-reading}.ts'),
    tests: tests('core/src', 'writing/{content-kinds,part-buffers,peeked-source,source}'),
    least: 96,
  },
  'core/writing': {
    files: sources(
      'core/src',
      'writing/!(part-plan|content-way|upload-checkpoint|upload-resumption|started-upload|content-kinds|part-buffers|peeked-source|source|source-reading).ts',
    ),
    tests: tests('core/src', 'writing/!(part-plan|started-upload|upload-checkpoint|source)'),
    // Four MiB and more, which go the ways that `core/planners` has.
    leftOut: /^of a (small|large) /,
    least: 96,
  },
  'core/reading': {
    files: sources('core/src', 'reading/!(read-plan|beyond-end).ts'),
    tests: tests('core/src', 'reading/!(*.alone|read-plan)', 'client/object-handle'),
    least: 95,
  },
  'core/checkpoints': {
    files: sources(
      'core/src',
      'writing/{upload-checkpoint,upload-resumption,started-upload}.ts',
      'node/{download-checkpoint,file-checkpoint}.ts',
    ),
    tests: tests(
      'core/src',
      'writing/{upload-checkpoint,upload-resumption,started-upload}',
      'node/{download-checkpoint,file-checkpoint}',
    ),
    least: 95,
  },
};
