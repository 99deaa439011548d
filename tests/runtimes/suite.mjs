// What is tried on every runtime: the conformance cases over the built packages, and what a runtime must refuse.
import { clientCases, providerCases, runCases, transportCases } from '@oss-envelope/conformance';
import { aesProvider, generateAesSecret } from '@oss-envelope/provider-aes';
import { ageProvider, generateAgeIdentity } from '@oss-envelope/provider-age';
import { kmsFetchProvider } from '@oss-envelope/provider-kms/fetch';
import { rsaProvider } from '@oss-envelope/provider-rsa';
import { fetchTransport } from '@oss-envelope/transport-fetch';
import { refusalCases } from './refusals.mjs';

/** Of cases, those that concern the sealed format. */
const sealedOnly = (cases) => cases.filter(({ name }) => name.startsWith('sealed: '));

/** The cases that concern the current format. */
const currentOnly = clientCases.filter(({ name }) => name.startsWith('client-side-encryption: '));

/**
 * @param where the servers, the keys, what the runtime has and which cases it excludes, as `run.mjs` makes it
 * @returns what came of each set of cases, by its name; errors as text
 */
export async function runSuite(where) {
  const { oss, kms, keys, otherKeys, keyPrefix, exclude = {} } = where;
  const reads = where.hasPkcs1Decryption
    ? { opensAsNoise: ['rsa-pkcs1'], derivesSecret: true }
    : { refusesToUnwrap: ['rsa-pkcs1'], derivesSecret: true };
  const withOptIn = { allowPkcs1DecryptionInJavaScript: true };
  const createTransport = () =>
    fetchTransport({
      ...oss,
      idleTimeoutMs: 500,
      sleep: () => new Promise((resolve) => setTimeout(resolve, 1)),
    });
  const faults = controlOver(where.control, oss.endpoint);
  const pairOf = (options, traits) => ({
    createProvider: () => rsaProvider({ ...keys, ...options }),
    createOtherProvider: () => rsaProvider({ ...otherKeys, ...options }),
    createWriteOnlyProvider: () => rsaProvider({ publicKey: keys.publicKey, ...options }),
    createReadOnlyProvider: () => rsaProvider({ privateKey: keys.privateKey, ...options }),
    createTransport,
    keyPrefix,
    traits,
    faults,
  });
  const rsa = pairOf({}, reads);
  const rsaWithOptIn = pairOf(withOptIn, { opensAsNoise: ['rsa-pkcs1'], derivesSecret: true });
  const context = (purpose) => ({ ...kms, encryptionContext: { purpose } });
  const kmsPair = {
    createProvider: () => kmsFetchProvider(context('conformance')),
    createOtherProvider: () => kmsFetchProvider(context('another')),
    createReadOnlyProvider: () => kmsFetchProvider({ ...context('conformance'), keyId: undefined }),
    createTransport,
    keyPrefix,
    traits: { namesMasterKey: true, wrapsOwnKeysOnly: ['sealed'], bindsContext: true },
    faults,
  };
  const sealedPair = (one, other) => ({
    createProvider: one,
    createOtherProvider: other,
    createTransport,
    keyPrefix,
    traits: { formats: ['sealed'] },
    faults,
  });
  const [aesSecret, otherSecret] = [generateAesSecret(), generateAesSecret()];
  const aes = sealedPair(
    () => aesProvider({ secret: aesSecret }),
    () => aesProvider({ secret: async () => otherSecret }),
  );
  const agePair = async (kind) => {
    const [mine, others] = [await generateAgeIdentity({ kind }), await generateAgeIdentity({ kind })];
    const both = ({ identity, recipient }) => ageProvider({ identities: identity, recipients: recipient });
    return {
      ...sealedPair(
        () => both(mine),
        () => both(others),
      ),
      traits: { formats: ['sealed'], derivesSecret: true },
      createWriteOnlyProvider: () => ageProvider({ recipients: mine.recipient }),
      createReadOnlyProvider: () => ageProvider({ identities: mine.identity }),
    };
  };
  const postQuantum = await agePair('hybrid');
  const byPassphrase = sealedPair(
    () => ageProvider({ passphrase: 'correct horse', workFactorLog2: 10 }),
    () => ageProvider({ passphrase: 'battery staple', workFactorLog2: 10 }),
  );
  const transport = {
    createTransport,
    keyPrefix,
    secrets: [oss.credentials.accessKeySecret],
    traits: { retries: 3, correctsClock: true },
    faults,
  };
  const sets = {
    'RSA provider': [providerCases, rsa],
    ...(where.hasPkcs1Decryption ? {} : { 'RSA provider, opted in': [providerCases, rsaWithOptIn] }),
    'KMS provider': [providerCases, kmsPair],
    'AES provider': [sealedOnly(providerCases), aes],
    'age provider, post-quantum': [sealedOnly(providerCases), postQuantum],
    'age provider, X25519': [sealedOnly(providerCases), await agePair('x25519')],
    'age provider, passphrase': [sealedOnly(providerCases), byPassphrase],
    'fetch transport': [transportCases, transport],
    'client with RSA': [clientCases, rsa],
    ...(where.hasPkcs1Decryption ? {} : { 'client with RSA, opted in': [currentOnly, rsaWithOptIn] }),
    'client with KMS': [clientCases, kmsPair],
    'client with AES': [sealedOnly(clientCases), aes],
    'client with age, post-quantum': [sealedOnly(clientCases), postQuantum],
    refusals: [refusalCases, where],
  };
  const results = {};
  for (const [name, [cases, subject]] of Object.entries(sets)) {
    const options = { exclude: exclude[name], print: () => {}, timeoutMs: 20_000 };
    const { passed, refused, failed, excluded } = await runCases(cases, subject, options);
    results[name] = {
      passed,
      refused,
      excluded,
      failed: failed.map(({ name, error }) => ({ name, error: textOf(error) })),
    };
  }
  return results;
}

/** The server's faults and its log, by way of the control endpoint of `run.mjs`. */
function controlOver(control, origin) {
  const ask = async (path, body) => {
    const response = await fetch(control + path, { method: 'POST', body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`the control endpoint answered ${response.status}`);
    return response.json();
  };
  return {
    origin,
    add: (fault) => ask('/faults', fault),
    requests: (key) => ask('/requests', { key }),
    activeRequests: async (key) => (await ask('/requests', { key })).filter(({ isOpen }) => isOpen).length,
  };
}

function textOf(error) {
  const texts = [];
  for (let cause = error; cause !== undefined && texts.length < 4; cause = cause?.cause) {
    texts.push(cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause));
  }
  return texts.join(' <- ');
}
