import type { Headers, ObjectTransport, PartOperations, UploadBody } from '@oss-envelope/core';
import { type Repeatability, repeatabilityOf, type TransportOperation } from '@oss-envelope/core/adapter';
import type { Pace } from './pace.js';

/** What is known of a request of any operation. */
interface AnyRequest {
  readonly headers?: Headers;
  readonly body?: UploadBody;
  readonly signal?: AbortSignal;
}
type Operation = (request: AnyRequest | undefined) => Promise<unknown>;

/** Sends no request. */
const sendingNothing: ReadonlySet<string> = new Set(['presign']);

const operations: Readonly<Record<string, TransportOperation>> = {
  put: 'put',
  get: 'get',
  head: 'head',
  delete: 'delete',
  copy: 'copy',
  list: 'list',
  deleteMany: 'delete-many',
  getByUrl: 'get',
  acl: 'acl',
  tags: 'tags',
};
const partOperations: Readonly<Record<keyof PartOperations, TransportOperation>> = {
  start: 'start-parts',
  put: 'put-part',
  list: 'list-parts',
  finish: 'finish-parts',
  drop: 'drop-parts',
};

/**
 * A transport whose requests wait for their turn. What the transport cannot do, this one cannot either. It sends again
 * what was refused, so make the transport with `retries: 0`: otherwise what that one sends again is not counted.
 */
export function pacedTransport(transport: ObjectTransport, pace: Pace): ObjectTransport {
  const paced = pacedMembers(transport, operations, pace);
  const { parts } = transport;
  return Object.defineProperties(paced, {
    retry: { value: pace.retry, enumerable: true },
    ...(parts !== undefined && {
      parts: { value: pacedMembers(parts, partOperations, pace), enumerable: true },
    }),
  });
}

/** The members of an object, those of its classes too: methods that wait, and all others as they are. */
function pacedMembers<T extends object>(
  target: T,
  known: Readonly<Record<string, TransportOperation>>,
  pace: Pace,
): T {
  const members: Record<string, unknown> = {};
  for (const name of memberNames(target)) {
    const value: unknown = Reflect.get(target, name);
    if (typeof value !== 'function') {
      // A getter stays one.
      const get = (): unknown => Reflect.get(target, name);
      Object.defineProperty(members, name, { get, enumerable: true, configurable: true });
      continue;
    }
    const call: Operation = (request) => (Reflect.get(target, name) as Operation).call(target, request);
    members[name] = sendingNothing.has(name)
      ? call
      : (request?: AnyRequest) =>
          pace.run(() => call(request), {
            requests: 1,
            repeatable: repeatability(known[name], request),
            signal: request?.signal,
          });
  }
  return members as T;
}

function repeatability(
  operation: TransportOperation | undefined,
  request: AnyRequest | undefined,
): Repeatability {
  // Of what is not known here nobody knows whether it may be sent twice; after a refusal it may.
  if (operation === undefined) return 'unserved';
  // Its caller has the content, and sends it again.
  if (request?.body?.kind === 'chunks') return 'never';
  return repeatabilityOf(operation, lowerCase(request?.headers ?? {}));
}

function lowerCase(headers: Headers): Headers {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function memberNames(target: object): ReadonlySet<string> {
  const names = new Set<string>();
  for (let each: object = target; each !== null && each !== Object.prototype; ) {
    for (const name of Object.getOwnPropertyNames(each)) if (name !== 'constructor') names.add(name);
    each = Object.getPrototypeOf(each);
  }
  return names;
}
