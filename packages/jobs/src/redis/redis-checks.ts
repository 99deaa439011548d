import { InvalidArgumentError } from '@oss-envelope/core';

/** The two commands that the checks need. */
export interface CheckedRedis {
  info(): Promise<string>;
  exists(key: string): Promise<unknown>;
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
  await assertWhole(redis);
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

/**
 * A node of a Redis Cluster has a part of the keys, and sends who asks for another to another node; queues and limits here
 * are in one place. A cluster behind a proxy answers for all of its nodes, and can be used.
 */
async function assertWhole(redis: CheckedRedis): Promise<void> {
  for (let each = 0; each < spreadKeys; each++) {
    try {
      await redis.exists(`oss-envelope:check:${each}`);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      if (!/^(MOVED|ASK|CLUSTERDOWN|TRYAGAIN)\b/.test(why)) throw error;
      throw refuse(
        'is a node of a Redis Cluster, which keeps keys on several nodes. Use a Redis without cluster mode; with Tair and ApsaraDB a ' +
          'standard instance, or a cluster by its proxy endpoint',
      );
    }
  }
}

/** So many keys lie on one node of two by a chance of one in thirty thousand. */
const spreadKeys = 16;

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
