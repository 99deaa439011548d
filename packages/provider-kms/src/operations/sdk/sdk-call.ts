import { type CredentialsInput, credentialsSource, givesParts } from '@oss-envelope/core/adapter';
import { contextObject } from '../../options/encryption-context.js';
import {
  answerOf,
  type CallControl,
  type KmsAction,
  type KmsCall,
  placeParameters,
} from '../kms-operations.js';
import { bodyCall } from './body-call.js';
import { type ClientGeneration, type KmsClient, methodNames } from './sdk-client.js';
import { kmsSdk } from './sdk-module.js';

type Methods = Record<string, (request: object, runtime: object) => Promise<object | undefined>>;
type Parameters = Readonly<Record<string, unknown>>;

/**
 * The operations by a client of `@alicloud/kms20160120`. To a client of 1.2 contexts go as text, since an object would
 * be flattened into other parameters; to one of 2.x or 3.x as objects, since a text would silently be dropped.
 */
export function sdkCall({ kind, client }: ClientGeneration): KmsCall {
  const clientOfRequest = kind === 'v1' ? snapshots(client) : async () => client;
  return async (action, parameters, control) => {
    const { query, body } = placeParameters(parameters);
    const runtime = runtimeOptions(control);
    if (body !== undefined) {
      const view = { kind, client: await clientOfRequest() } as ClientGeneration;
      control.signal.throwIfAborted();
      return bodyCall(view, action, { query, body }, runtime);
    }
    const request = await requestOf(action, kind === 'v1' ? query : withContextObject(query));
    const view = (await clientOfRequest()) as unknown as Methods;
    control.signal.throwIfAborted();
    const answer = await view[methodNames[kind][action]]!(request, runtime);
    return answerOf(kind === 'v1' ? answer : (answer as { readonly body?: unknown } | undefined)?.body);
  };
}

async function requestOf(action: KmsAction, parameters: object): Promise<object> {
  const { [`${action}Request` as const]: Request } = await kmsSdk();
  return new Request(parameters);
}

/**
 * A function that gives the client as one request may see it. 1.2 asks its credentials for id, secret and token one
 * after the other, and a rotation in between would mix two issues: each request gets a view whose credentials stand
 * still.
 */
function snapshots(client: KmsClient): () => Promise<KmsClient> {
  const { _credential: credential } = client as { readonly _credential?: unknown };
  if (typeof credential !== 'object' || credential === null || !givesParts(credential))
    return async () => client;
  const source = credentialsSource(credential as CredentialsInput);
  return async () => {
    const { accessKeyId, accessKeySecret, securityToken } = await source.get();
    const still = {
      getAccessKeyId: async () => accessKeyId,
      getAccessKeySecret: async () => accessKeySecret,
      getSecurityToken: async () => securityToken ?? '',
    };
    return Object.create(client, { _credential: { value: still } }) as KmsClient;
  };
}

/** The runtime options of one request, in all generations: retries and certificates are not left to the client. */
function runtimeOptions({ timeoutMs }: CallControl): object {
  return {
    readTimeout: timeoutMs,
    connectTimeout: timeoutMs,
    autoretry: false,
    maxAttempts: 1,
    ignoreSSL: false,
  };
}

function withContextObject(parameters: Parameters): object {
  const { encryptionContext } = parameters;
  if (typeof encryptionContext !== 'string') return parameters;
  return { ...parameters, encryptionContext: contextObject(encryptionContext) };
}
