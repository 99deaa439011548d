import { isIP } from 'node:net';
import { InvalidArgumentError, type PresignedUrl } from '@oss-envelope/core';
import type { RequestToPresign } from '@oss-envelope/core/adapter';
import { type InnerAliOssClient, signsByVersion4 } from './ali-oss-client.js';

/**
 * Signs a URL by the client's own means: its credentials, endpoint and signature version. Version 4 signs in all headers,
 * version 1 Content-Type, Content-MD5 and `x-oss-*`.
 *
 * @param credentialsEnd when the credentials end that the client signs with, where that is known
 * @throws InvalidArgumentError for what ali-oss cannot sign
 */
export async function signUrl(
  client: InnerAliOssClient,
  request: RequestToPresign,
  credentialsEnd: Date | undefined,
): Promise<PresignedUrl> {
  const { method, key, query, headers, expiresSeconds } = request;
  // ali-oss puts no bucket into the URL then, and so signs for another place.
  if (isIP(client.options.endpoint.hostname) !== 0) {
    throw new InvalidArgumentError(
      'client',
      'must have an endpoint with a host name to sign URLs, not an IP address',
    );
  }
  const startsAt = Date.now();
  const url = signsByVersion4(client)
    ? await client.signatureUrlV4(
        method,
        expiresSeconds,
        { headers, queries: query },
        key,
        Object.keys(headers),
      )
    : await signV1(client, request);
  const endsMs = Math.floor(startsAt / 1000) * 1000 + expiresSeconds * 1000;
  const credentialsEndMs = credentialsEnd?.getTime() ?? Number.POSITIVE_INFINITY;
  return { url, method, headers, expiresAt: new Date(Math.min(endsMs, credentialsEndMs)) };
}

async function signV1(client: InnerAliOssClient, request: RequestToPresign): Promise<string> {
  const { method, key, query, headers, expiresSeconds } = request;
  if (key.includes('?')) {
    // Its string to sign does not encode the key: `a?acl` is signed like the ACL of `a`.
    throw new InvalidArgumentError(
      'key',
      'must not have a question mark in signature version 1: set authorizationV4 and region of the client',
    );
  }
  // ali-oss adds to `subResource`, and takes any other member for an option of its own.
  const signed = Object.entries(headers).filter(([name]) =>
    /^(?:content-type|content-md5|x-oss-.*)$/.test(name),
  );
  const options = {
    ...Object.fromEntries(signed),
    method,
    expires: expiresSeconds,
    subResource: { ...query },
  };
  return client.asyncSignatureUrl
    ? client.asyncSignatureUrl(key, options, false)
    : client.signatureUrl(key, options, false);
}
