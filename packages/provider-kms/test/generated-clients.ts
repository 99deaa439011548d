import * as clientPackage from '@alicloud/openapi-client';
import * as corePackage from '@alicloud/openapi-core';

/** Configuration of a client; the generated clients pass it on as it is. */
export interface ClientConfig {
  readonly endpoint: string;
  readonly protocol: string;
  readonly accessKeyId?: string;
  readonly accessKeySecret?: string;
  readonly securityToken?: string | undefined;
  readonly credential?: object;
}

/** What a client of 2.x or 3.x was asked, before it made a request of it. */
export interface ReceivedCall {
  readonly action: string;
  readonly request: Record<string, unknown>;
  readonly runtime: Record<string, unknown>;
}

interface OpenApiClient {
  callApi(params: object, request: object, runtime: object): Promise<{ body?: Record<string, unknown> }>;
}

interface OpenApiPackage {
  readonly Client: new (config: object) => OpenApiClient;
  readonly Params: new (members: object) => object;
  readonly OpenApiRequest: new (members: object) => object;
}

/** CommonJS with an `__esModule` mark: who loads it decides where `module.exports` is. */
function openApiPackage(namespace: object): OpenApiPackage {
  const inner = (namespace as { default: object }).default;
  const exports = ('default' in inner ? inner : namespace) as Record<string, unknown>;
  const members = { ...(exports.$OpenApiUtil as object | undefined), ...exports };
  return { ...members, Client: exports.default } as unknown as OpenApiPackage;
}

const openApi = {
  '2.x': openApiPackage(clientPackage),
  '3.x': openApiPackage(corePackage),
};

/**
 * A client with the call shape of `@alicloud/kms20160120` 2.x and 3.x, on the very package that theirs stand on: the
 * context as an object that becomes JSON (and is dropped when it is a text), parameters in the query string, and an
 * answer `{ headers, statusCode, body }` with the body's members in camel case.
 */
export class GeneratedClient {
  readonly calls: ReceivedCall[] = [];
  readonly #openApi: OpenApiPackage;
  readonly #client: OpenApiClient;

  constructor(generation: '2.x' | '3.x', config: ClientConfig) {
    this.#openApi = openApi[generation];
    this.#client = new this.#openApi.Client({ ...config });
  }

  generateDataKeyWithOptions(request: object, runtime: object): Promise<object> {
    return this.#call('GenerateDataKey', ['keyId', 'keySpec', 'numberOfBytes'], request, runtime);
  }

  encryptWithOptions(request: object, runtime: object): Promise<object> {
    return this.#call('Encrypt', ['keyId', 'plaintext'], request, runtime);
  }

  decryptWithOptions(request: object, runtime: object): Promise<object> {
    return this.#call('Decrypt', ['ciphertextBlob'], request, runtime);
  }

  /** As the clients have it from the package that they extend. */
  callApi(params: object, request: object, runtime: object): Promise<object> {
    return this.#client.callApi(params, request, runtime);
  }

  async #call(action: string, names: readonly string[], request: object, runtime: object): Promise<object> {
    const members = request as Record<string, unknown>;
    this.calls.push({ action, request: { ...members }, runtime: runtime as Record<string, unknown> });
    const query: Record<string, unknown> = {};
    for (const name of names) if (members[name] !== undefined) query[pascal(name)] = members[name];
    if (typeof members.encryptionContext === 'object') {
      query.EncryptionContext = JSON.stringify(members.encryptionContext);
    }
    const answer = await this.#client.callApi(
      new this.#openApi.Params({
        action,
        version: '2016-01-20',
        protocol: 'HTTPS',
        pathname: '/',
        method: 'POST',
        authType: 'AK',
        style: 'RPC',
        reqBodyType: 'formData',
        bodyType: 'json',
      }),
      new this.#openApi.OpenApiRequest({ query }),
      runtime,
    );
    const body = Object.entries(answer.body ?? {}).map(([name, value]) => [camel(name), value]);
    return { ...answer, body: Object.fromEntries(body) };
  }
}

function pascal(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

function camel(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}
