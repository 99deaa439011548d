import type { Credentials } from '../adapter/credentials.js';
import { InvalidArgumentError } from '../errors/errors.js';

/** The names of one set of variables. */
interface VariableNames {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly securityToken: string;
}

/** Of the SDKs of Alibaba Cloud, and of those of OSS and ossutil. */
const variableSets: readonly VariableNames[] = [
  {
    accessKeyId: 'ALIBABA_CLOUD_ACCESS_KEY_ID',
    accessKeySecret: 'ALIBABA_CLOUD_ACCESS_KEY_SECRET',
    securityToken: 'ALIBABA_CLOUD_SECURITY_TOKEN',
  },
  {
    accessKeyId: 'OSS_ACCESS_KEY_ID',
    accessKeySecret: 'OSS_ACCESS_KEY_SECRET',
    securityToken: 'OSS_SESSION_TOKEN',
  },
];

/**
 * The credentials in the environment: `ALIBABA_CLOUD_ACCESS_KEY_ID`, `…_SECRET` and, for temporary ones,
 * `ALIBABA_CLOUD_SECURITY_TOKEN`; else `OSS_ACCESS_KEY_ID`, `…_SECRET` and `OSS_SESSION_TOKEN`. The two sets are never
 * mixed. They are read once: for what a platform renews, use an object of `@alicloud/credentials`.
 *
 * @param environment - where the variables are; `process.env` unless given
 * @throws InvalidArgumentError that names the variable to set, never a value
 * @example
 * const transport = fetchTransport({ endpoint, bucket: 'photos', credentials: environmentCredentials() });
 */
export function environmentCredentials(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Credentials {
  const names = variableSets.find(({ accessKeyId, accessKeySecret }) =>
    [accessKeyId, accessKeySecret].some((name) => isSet(environment[name])),
  );
  if (names === undefined) {
    const all = variableSets.map((set) => `${set.accessKeyId} and ${set.accessKeySecret}`).join(', or ');
    throw new InvalidArgumentError('environment', `has no credentials: set ${all}`);
  }
  const read = (name: string): string => {
    const value = environment[name];
    if (isSet(value)) return value;
    throw new InvalidArgumentError('environment', `has only half of the credentials: set ${name} too`);
  };
  const securityToken = environment[names.securityToken];
  return {
    accessKeyId: read(names.accessKeyId),
    accessKeySecret: read(names.accessKeySecret),
    ...(isSet(securityToken) && { securityToken }),
  };
}

function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== '';
}
