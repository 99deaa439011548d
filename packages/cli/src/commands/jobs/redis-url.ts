import { UsageError } from '../../output/usage-error.js';

const variable = 'OSS_ENVELOPE_REDIS_URL';

/**
 * The address of Redis: by flag, or with the flag alone by the environment. One with a password is no flag: others on the
 * machine can read those.
 *
 * @returns undefined where the flag was not given
 * @throws UsageError for a flag that holds a password, or an address that is nowhere
 */
export function redisUrl(
  flag: string | true | undefined,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string | undefined {
  if (flag === undefined) return undefined;
  if (flag === true) {
    const url = environment[variable];
    if (url) return url;
    throw new UsageError(
      `Say where Redis is: --redis redis://HOST:6379, or put its address into ${variable}.`,
    );
  }
  if (URL.canParse(flag) && new URL(flag).password !== '') {
    throw new UsageError(
      `--redis must hold no password: others on this machine can read it. Put the address into ${variable}, and give --redis alone.`,
    );
  }
  return flag;
}
