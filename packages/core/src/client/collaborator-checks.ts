import { isWrapAlgorithm } from '../envelope/wrap-algorithm-name.js';
import { isPromise } from '../stream/is-promise.js';

// Transports and providers are checked when a bucket is made: what is missing would show only with the first object.

const makeTransport = 'aliOssTransport(client) or fetchTransport({ … })';
const makeProvider = 'rsaProvider({ publicKey, privateKey }) or kmsProvider({ … })';

/** What is wrong with a transport; undefined for nothing. */
export function transportFault(value: unknown): string | undefined {
  if (typeof value === 'function')
    return `must be a transport, not the function that makes one: ${makeTransport}`;
  if (!isObject(value)) return `must be an object transport: ${makeTransport}`;
  if (isPromise(value)) return 'must be a transport: await it';
  if (isAliOssClient(value))
    return 'must be a transport, not a client of ali-oss. Wrap it: aliOssTransport(client)';
  if (has(value, 'wrapKey', 'unwrapKey')) {
    return `must be a transport, and this is a key provider: give it as the option provider, and here ${makeTransport}`;
  }
  const missing = lacking(value, ['put', 'get', 'head', 'delete']);
  if (missing.length === 4) return `must be an object transport: ${makeTransport}`;
  if (missing.length > 0)
    return `must have the methods put, get, head and delete; missing: ${missing.join(', ')}`;
  const { parts, crc64, retry } = value;
  if (parts !== undefined) {
    const steps = lacking(parts, ['start', 'put', 'list', 'finish', 'drop']);
    if (steps.length > 0) {
      const names = steps.map((name) => `parts.${name}`).join(', ');
      return `must have all the steps of an upload in parts, or no member parts; missing: ${names}`;
    }
  }
  for (const name of ['copy', 'list', 'deleteMany', 'presign', 'getByUrl', 'acl', 'tags']) {
    if (value[name] !== undefined && !has(value, name))
      return `must have a function as ${name}, or leave it out`;
  }
  if (crc64 !== undefined && !has(crc64, 'create', 'combine')) {
    return 'must have the functions crc64.create and crc64.combine, or leave crc64 out';
  }
  if (retry !== undefined && !has(retry, 'sleep', 'random')) {
    return 'must have the functions retry.sleep and retry.random, or leave retry out';
  }
  return undefined;
}

/** What is wrong with a key provider; undefined for nothing. Says nothing of the value, which may be a key. */
export function providerFault(value: unknown): string | undefined {
  if (typeof value === 'function')
    return `must be a provider, not the function that makes one: ${makeProvider}`;
  if (typeof value === 'string') {
    return 'must be a key provider, not a text. Make one of a key: rsaProvider({ publicKey })';
  }
  if (!isObject(value)) return `must be a key provider: ${makeProvider}`;
  if (isPromise(value)) return 'must be a key provider: await it';
  const missing = lacking(value, ['wrapKey', 'unwrapKey']);
  if (missing.length === 2) {
    if (has(value, 'put', 'get')) return `must be a key provider, and this is a transport: ${makeProvider}`;
    const keys = ['publicKey', 'privateKey'].filter((name) => value[name] !== undefined);
    if (keys.length > 0) return `must be a key provider. Make one: rsaProvider({ ${keys.join(', ')} })`;
    if ('keyId' in value) return 'must be a key provider. Make one: kmsProvider({ keyId, … })';
    const isKey = 'kty' in value || ('type' in value && 'algorithm' in value) || ArrayBuffer.isView(value);
    if (isKey || 'asymmetricKeyType' in value) {
      return 'must be a key provider, and this is a key. Make one of it: rsaProvider({ publicKey })';
    }
    return `must be a key provider: ${makeProvider}`;
  }
  if (missing.length > 0)
    return `must have the methods wrapKey and unwrapKey; missing: ${missing.join(', ')}`;
  const { wraps, unwraps, materialDescription } = value;
  if (
    !isObject(wraps) ||
    !Object.values(wraps).every((name) => name === undefined || isWrapAlgorithm(name))
  ) {
    return 'must say in wraps what it writes in each format: an object of names in printable ASCII, which may be empty';
  }
  if (!Array.isArray(unwraps) || !unwraps.every(isWrapAlgorithm)) {
    return 'must say in unwraps what it can read: an array of names in printable ASCII, which may be empty';
  }
  const isDescription =
    isObject(materialDescription) &&
    Object.values(materialDescription).every((text) => typeof text === 'string');
  if (!isDescription) {
    return 'must have a materialDescription: an object of names and texts, which may be empty';
  }
  if (value.deriveSecret !== undefined && !has(value, 'deriveSecret')) {
    return 'must have a function as deriveSecret, or leave it out';
  }
  return undefined;
}

/** It has put, get, head and delete too. */
function isAliOssClient(value: object): boolean {
  return has(value, 'getStream', 'signatureUrl') || has(value, 'multipartUpload', 'useBucket');
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function lacking(value: unknown, names: readonly string[]): string[] {
  return names.filter((name) => !isObject(value) || typeof value[name] !== 'function');
}

function has(value: unknown, ...names: readonly string[]): boolean {
  return lacking(value, names).length === 0;
}
