import { MasterKeyError } from '@oss-envelope/core';
import {
  answerOf,
  type KmsAction,
  type KmsAnswer,
  type PlacedParameters,
  pascalCase,
  wireNames,
} from '../kms-operations.js';
import type { ClientGeneration } from './sdk-client.js';

/** Parameters by their names on the wire. */
type Form = Readonly<Record<string, string>>;

/** What the methods of a client of 1.2 call: parameters for the query string, and for a form in the body. */
type DoRequest = (
  action: string,
  protocol: string,
  method: string,
  version: string,
  authType: string,
  query: Form,
  body: Form,
  runtime: object,
) => Promise<object | undefined>;

/** What the methods of a client of 2.x or 3.x call. */
type CallApi = (
  params: object,
  request: { readonly query: Form; readonly body: Form },
  runtime: object,
) => Promise<{ readonly body?: unknown } | undefined>;

const version = '2016-01-20';

/**
 * One operation with parameters in the request's body. The methods of the clients put every parameter in the URL; what
 * they call themselves takes a body too.
 *
 * @throws MasterKeyError for a client that has no more than the three operations
 */
export async function bodyCall(
  { kind, client }: ClientGeneration,
  action: KmsAction,
  parameters: PlacedParameters,
  runtime: object,
): Promise<KmsAnswer> {
  const { doRequest, callApi } = client as { readonly doRequest?: DoRequest; readonly callApi?: CallApi };
  const query = wireNames(parameters.query);
  const body = wireNames(parameters.body ?? {});
  if (kind === 'v1' && typeof doRequest === 'function') {
    const answer = doRequest.call(client, action, 'HTTPS', 'POST', version, 'AK', query, body, runtime);
    return answerOf(await answer, pascalCase);
  }
  if (kind === 'v2' && typeof callApi === 'function') {
    const params = { action, version, protocol: 'HTTPS', pathname: '/', method: 'POST', authType: 'AK' };
    const shape = { style: 'RPC', reqBodyType: 'formData', bodyType: 'json' };
    const answer = await callApi.call(client, { ...params, ...shape }, { query, body }, runtime);
    return answerOf(answer?.body, pascalCase);
  }
  throw new MasterKeyError(
    'This client could send a given key in the URL only, where it would be logged. Pass region and credentials instead of ' +
      'a client, use kmsFetchProvider, or leave the key out, and use the one that KMS makes.',
  );
}
