import { InvalidArgumentError } from '@oss-envelope/core';
import type { Credentials, CredentialsProvider } from '@oss-envelope/core/adapter';
import { UsageError } from '../output/usage-error.js';
import { type OssutilProfile, readOssutilProfile, usualOssutilFile } from './ossutil-file.js';

/** Flags that say where OSS is, and by which settings. None of them is a secret. */
export interface PlaceFlags {
  readonly endpoint?: string | undefined;
  readonly region?: string | undefined;
  readonly configFile?: string | undefined;
  readonly profile?: string | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** How OSS and KMS are reached. */
export interface Connection {
  readonly endpoint: string;
  /** Undefined where neither a flag, a variable, a file nor the endpoint names it. */
  readonly region: string | undefined;
  readonly credentials: Credentials | CredentialsProvider;
  /** Where the credentials come from, for people. */
  readonly credentialsFrom: string;
}

/**
 * Works out how OSS is reached, as ossutil 2 does: flags first, then the variables `OSS_ACCESS_KEY_ID`,
 * `OSS_ACCESS_KEY_SECRET`, `OSS_SESSION_TOKEN`, `OSS_REGION` and `OSS_ENDPOINT`, then the settings file of ossutil, and
 * for credentials at last the default chain of `@alicloud/credentials`.
 *
 * @throws UsageError that says which of them to set
 */
export async function connectionOf(flags: PlaceFlags, environment: Environment): Promise<Connection> {
  const named = flags.configFile ?? set(environment.OSS_CONFIG_FILE);
  const file = named ?? usualOssutilFile();
  const profile = await readOssutilProfile(
    file,
    flags.profile ?? set(environment.OSS_PROFILE),
    named !== undefined,
  );
  const region = flags.region ?? set(environment.OSS_REGION) ?? profile.region;
  const endpoint = flags.endpoint ?? set(environment.OSS_ENDPOINT) ?? profile.endpoint ?? endpointOf(region);
  if (endpoint === undefined) {
    throw new UsageError(
      'Neither a region nor an endpoint is known. Give --region cn-hangzhou, or set OSS_REGION, or run `ossutil config`.',
    );
  }
  return { endpoint, region, ...(await credentialsOf(profile, environment, file ?? '')) };
}

function endpointOf(region: string | undefined): string | undefined {
  return region === undefined ? undefined : `https://oss-${region.replace(/^oss-/, '')}.aliyuncs.com`;
}

function set(value: string | undefined): string | undefined {
  return value === undefined || value === '' ? undefined : value;
}

type FoundCredentials = Pick<Connection, 'credentials' | 'credentialsFrom'>;

async function credentialsOf(
  profile: OssutilProfile,
  environment: Environment,
  file: string,
): Promise<FoundCredentials> {
  const id = set(environment.OSS_ACCESS_KEY_ID);
  const secret = set(environment.OSS_ACCESS_KEY_SECRET);
  if (id !== undefined && secret !== undefined) {
    return {
      credentials: {
        accessKeyId: id,
        accessKeySecret: secret,
        securityToken: set(environment.OSS_SESSION_TOKEN),
      },
      credentialsFrom: 'OSS_ACCESS_KEY_ID, OSS_ACCESS_KEY_SECRET',
    };
  }
  if (id !== undefined || secret !== undefined) {
    const missing = id === undefined ? 'OSS_ACCESS_KEY_ID' : 'OSS_ACCESS_KEY_SECRET';
    throw new UsageError(`The environment has only half of the credentials: set ${missing} too.`);
  }
  const { accessKeyId, accessKeySecret, securityToken, mode } = profile;
  if (accessKeyId !== undefined && accessKeySecret !== undefined && isOfFile(mode)) {
    return { credentials: { accessKeyId, accessKeySecret, securityToken }, credentialsFrom: file };
  }
  if (mode !== undefined && !isOfFile(mode)) {
    if (isOfMachine(mode)) {
      return {
        credentials: await byAlibabaCloud({ type: 'ecs_ram_role' }),
        credentialsFrom: `the role of this machine (mode=${mode} in ${file})`,
      };
    }
    // Whoever asked for a role must not be taken for whoever else the chain finds.
    throw new UsageError(
      `The settings file ${file} finds credentials by mode=${mode}, which oss-envelope does not. Set OSS_ACCESS_KEY_ID, ` +
        'OSS_ACCESS_KEY_SECRET and OSS_SESSION_TOKEN, or take the line out: then the default chain of @alicloud/credentials is used.',
    );
  }
  // Nor who is named by half.
  if ((accessKeyId ?? accessKeySecret) !== undefined) {
    throw new UsageError(
      `The settings file ${file} has only half of the credentials: ${accessKeyId === undefined ? 'accessKeyID' : 'accessKeySecret'} is missing in the profile. Run \`ossutil config\`.`,
    );
  }
  return { credentials: await byAlibabaCloud(), credentialsFrom: '@alicloud/credentials' };
}

function isOfFile(mode: string | undefined): boolean {
  return mode === undefined || /^(?:ak|ststoken)$/i.test(mode);
}

function isOfMachine(mode: string): boolean {
  return /^ecsramrole$/i.test(mode);
}

/** What is used of `@alicloud/credentials`. */
interface AlibabaCloudCredentials {
  readonly default: new (config?: object) => CredentialsProvider;
  readonly Config: new (settings: object) => object;
}

/**
 * By `@alicloud/credentials`, which is loaded when needed: as its settings say, or by its default chain (variables, OIDC,
 * `~/.aliyun/config.json`, the role of a machine).
 */
async function byAlibabaCloud(settings?: { readonly type: string }): Promise<CredentialsProvider> {
  let loaded: object;
  try {
    loaded = await import('@alicloud/credentials');
  } catch {
    throw new UsageError(
      'No credentials were found in OSS_ACCESS_KEY_ID and OSS_ACCESS_KEY_SECRET or in the settings file of ossutil, and the ' +
        'package @alicloud/credentials, which looks further, is not installed. Set the variables, run `ossutil config`, or ' +
        'install the package beside this one.',
    );
  }
  // The package is CommonJS: depending on who loads it, `module.exports` is the namespace or its default.
  const inner = (loaded as { readonly default: object }).default;
  const { default: Client, Config } = ('Config' in inner ? inner : loaded) as AlibabaCloudCredentials;
  let client: CredentialsProvider | undefined;
  return {
    async getCredential() {
      try {
        client ??= settings === undefined ? new Client() : new Client(new Config(settings));
        return await client.getCredential();
      } catch {
        throw new InvalidArgumentError(
          'credentials',
          'were found nowhere: set OSS_ACCESS_KEY_ID and OSS_ACCESS_KEY_SECRET, run `ossutil config`, or see what ' +
            'the default chain of @alicloud/credentials looks at',
        );
      }
    },
  };
}
