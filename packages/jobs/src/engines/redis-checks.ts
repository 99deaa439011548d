import { InvalidArgumentError } from '@oss-envelope/core';

/** The two commands that the checks need. */
export interface CheckedRedis {
  info(): Promise<string>;
  eval(script: string, keyCount: number, ...args: string[]): Promise<unknown>;
}

const leastVersion = [6, 2] as const;

/**
 * Checks that a Redis can keep a queue: its version, that it drops no keys when memory is full, and that scripts may name
 * keys themselves, as those of BullMQ do.
 *
 * @returns what people should know besides, each a sentence
 * @throws InvalidArgumentError that says what to set
 */
export async function assertUsableRedis(redis: CheckedRedis): Promise<readonly string[]> {
  const facts = parseInfo(await redis.info());
  const version = facts.get('redis_version') ?? 'unknown';
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (!(major > leastVersion[0] || (major === leastVersion[0] && minor >= leastVersion[1]))) {
    throw refuse(`is version ${version}, and queues need ${leastVersion.join('.')} or later`);
  }
  const policy = facts.get('maxmemory_policy');
  if (policy !== undefined && policy !== 'noeviction') {
    throw refuse(
      `has the maxmemory-policy ${policy}, by which it drops locks and ranges when memory is full. Set it to noeviction (CONFIG SET ` +
        'maxmemory-policy noeviction, and in redis.conf; with Tair and ApsaraDB in the parameter settings of the console)',
    );
  }
  await assertFreeScripts(redis);
  return [
    ...(policy === undefined ? ['Redis does not tell its maxmemory-policy: it must be noeviction.'] : []),
    ...(facts.get('aof_enabled') === '1'
      ? []
      : [
          'Redis keeps no append-only file. After a crash of Redis the queue is empty: ranges are found again by the ledger, and some are done twice. Set appendonly to yes.',
        ]),
  ];
}

/** A Redis of Alibaba Cloud that checks scripts refuses one that makes the name of a key. */
async function assertFreeScripts(redis: CheckedRedis): Promise<void> {
  try {
    await redis.eval("return redis.call('exists', KEYS[1] .. ARGV[1])", 1, '{oss-envelope}', ':check');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw refuse(
      `runs no scripts that name keys themselves (${why}). With Tair and ApsaraDB set the parameter script_check_enable to 0; an ` +
        'edition without scripts cannot be used',
    );
  }
}

function parseInfo(text: string): ReadonlyMap<string, string> {
  const facts = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const colon = line.indexOf(':');
    if (colon > 0 && !line.startsWith('#')) facts.set(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  return facts;
}

function refuse(what: string): InvalidArgumentError {
  return new InvalidArgumentError('redis', what);
}
