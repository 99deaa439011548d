/**
 * Whether an address is one of the public endpoints of OSS, over plain HTTP: anybody on the way then sees the names of
 * objects, their metadata, tokens of STS and signed URLs. On the inside of the cloud (`-internal`, the older `vpc100-`,
 * PrivateLink), on loopback and on a domain of one's own, plain HTTP is the caller's decision.
 *
 * @param protocol - as of a `URL`, with the colon
 */
export function isPublicOverHttp({
  protocol,
  hostname,
}: {
  readonly protocol?: string | null | undefined;
  readonly hostname?: string | null | undefined;
}): boolean {
  if (protocol !== 'http:' || !hostname?.endsWith('.aliyuncs.com')) return false;
  return !/-internal\.|(?:^|\.)vpc100-|\.privatelink\./.test(hostname);
}
