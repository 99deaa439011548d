import { type CredentialsSource, credentialsReader, isParts } from '../../credentials.js';
import { contextObject } from '../../options/encryption-context.js';
import type { CallControl, KmsAnswer, KmsOperations } from '../kms-operations.js';
import type { ClientGeneration, KmsClientV1, KmsClientV2 } from './sdk-client.js';
import { kmsSdk } from './sdk-module.js';

/** The operations by a client of `@alicloud/kms20160120`, of any generation. */
export function sdkOperations(generation: ClientGeneration): KmsOperations {
  return generation.kind === 'v1' ? sdkV1Operations(generation.client) : sdkV2Operations(generation.client);
}

/** The operations by a client of 1.2: contexts go as text (an object would be flattened into other parameters). */
function sdkV1Operations(client: KmsClientV1): KmsOperations {
  const snapshot = snapshotView(client);
  const ready = async ({ signal }: CallControl): Promise<KmsClientV1> => {
    const view = await snapshot();
    signal.throwIfAborted();
    return view;
  };
  return {
    generateDataKey: async (parameters, control) => {
      const request = new kmsSdk.GenerateDataKeyRequest(defined(parameters));
      return flatAnswer(await (await ready(control)).generateDataKeyEx(request, runtimeOptions(control)));
    },
    encrypt: async (parameters, control) => {
      const request = new kmsSdk.EncryptRequest(defined(parameters));
      return flatAnswer(await (await ready(control)).encryptEx(request, runtimeOptions(control)));
    },
    decrypt: async (parameters, control) => {
      const request = new kmsSdk.DecryptRequest(defined(parameters));
      return flatAnswer(await (await ready(control)).decryptEx(request, runtimeOptions(control)));
    },
  };
}

/** The operations by a client of 2.x or 3.x: contexts go as objects (a text would silently be dropped). */
function sdkV2Operations(client: KmsClientV2): KmsOperations {
  return {
    generateDataKey: async (parameters, control) => {
      const request = new kmsSdk.GenerateDataKeyRequest(withContextObject(parameters));
      return bodyAnswer(await client.generateDataKeyWithOptions(request, runtimeOptions(control)));
    },
    encrypt: async (parameters, control) => {
      const request = new kmsSdk.EncryptRequest(withContextObject(parameters));
      return bodyAnswer(await client.encryptWithOptions(request, runtimeOptions(control)));
    },
    decrypt: async (parameters, control) => {
      const request = new kmsSdk.DecryptRequest(withContextObject(parameters));
      return bodyAnswer(await client.decryptWithOptions(request, runtimeOptions(control)));
    },
  };
}

/**
 * A function that gives the client as one request may see it. 1.2 asks its credentials for id, secret and token one
 * after the other, and a rotation in between would mix two issues: each request gets a view whose credentials stand
 * still.
 */
function snapshotView(client: KmsClientV1): () => Promise<KmsClientV1> {
  const { _credential: credential } = client as { readonly _credential?: unknown };
  if (typeof credential !== 'object' || credential === null || !isParts(credential))
    return async () => client;
  const read = credentialsReader(credential as CredentialsSource);
  return async () => {
    const { accessKeyId, accessKeySecret, securityToken } = await read();
    const still = {
      getAccessKeyId: async () => accessKeyId,
      getAccessKeySecret: async () => accessKeySecret,
      getSecurityToken: async () => securityToken ?? '',
    };
    return Object.create(client, { _credential: { value: still } }) as KmsClientV1;
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

function withContextObject(parameters: { readonly encryptionContext: string | undefined }): object {
  const { encryptionContext, ...others } = parameters;
  return encryptionContext === undefined
    ? others
    : { ...others, encryptionContext: contextObject(encryptionContext) };
}

function defined(parameters: object): object {
  return Object.fromEntries(Object.entries(parameters).filter(([, value]) => value !== undefined));
}

function flatAnswer(answer: object | undefined): KmsAnswer {
  const { ciphertextBlob, plaintext, requestId } = (answer ?? {}) as Record<string, unknown>;
  return { ciphertextBlob, plaintext, requestId };
}

function bodyAnswer(answer: object | undefined): KmsAnswer {
  return flatAnswer((answer as { readonly body?: object } | undefined)?.body);
}
