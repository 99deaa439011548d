/** What ali-oss and others call an option, in lower case without hyphens, and what it may be here. */
const namesElsewhere: Readonly<Record<string, string>> = {
  accesskeyid: 'credentials',
  accesskeysecret: 'credentials',
  acl: 'headers',
  authorizationv4: 'signatureVersion',
  bucketname: 'bucket',
  cachecontrol: 'headers',
  callback: 'headers',
  client: 'transport',
  cname: 'addressing',
  contentlength: 'sizeBytes',
  internal: 'endpoint',
  marker: 'startAfter',
  maxkeys: 'pageSize',
  md5: 'contentMd5',
  meta: 'metadata',
  mime: 'contentType',
  parallel: 'concurrency',
  refreshststoken: 'credentials',
  retrymax: 'retries',
  secure: 'endpoint',
  securitytoken: 'credentials',
  sldenable: 'addressing',
  storageclass: 'headers',
  ststoken: 'credentials',
  tagging: 'headers',
  timeout: 'idleTimeoutMs timeoutMs signal',
};

/** The option to use in the place of one that others have; undefined where there is none among those that are known. */
export function nameHere(elsewhere: string, known: readonly string[]): string | undefined {
  const name = elsewhere.toLowerCase().replaceAll('-', '');
  const names = Object.hasOwn(namesElsewhere, name) ? namesElsewhere[name]!.split(' ') : [];
  return names.find((here) => known.includes(here));
}
