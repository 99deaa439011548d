import type { CheckedCredentials, CredentialsSource } from '@oss-envelope/core/adapter';
import { clientFailure } from './client-failure.js';
import type { KmsCall } from './kms-operations.js';
import { refusesCredentials } from './service-refusal.js';

/**
 * Calls with the credentials of a source. When KMS refuses them and the source has others now, the request is made once
 * again with those.
 */
export function credentialedCall(
  source: CredentialsSource,
  callWith: (credentials: CheckedCredentials) => KmsCall | Promise<KmsCall>,
): KmsCall {
  return async (action, parameters, control) => {
    let refusal: { readonly credentials: CheckedCredentials; readonly error: Error } | undefined;
    for (;;) {
      const credentials = await source.get(control.signal);
      if (refusal !== undefined && isSame(credentials, refusal.credentials)) throw refusal.error;
      const call = await callWith(credentials);
      control.signal.throwIfAborted();
      try {
        return await call(action, parameters, control);
      } catch (thrown) {
        const error = clientFailure(action, thrown);
        if (refusal !== undefined || !refusesCredentials(error) || !source.reject(credentials)) throw error;
        refusal = { credentials, error };
      }
    }
  };
}

function isSame(a: CheckedCredentials, b: CheckedCredentials): boolean {
  return (
    a.accessKeyId === b.accessKeyId &&
    a.accessKeySecret === b.accessKeySecret &&
    a.securityToken === b.securityToken
  );
}
