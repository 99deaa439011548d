import { parseArgs } from 'node:util';
import type { LocalOss } from './oss/control/local-oss.js';
import { startOss } from './oss/control/start-oss.js';
import { defaultOssAccount } from './oss/signatures/account.js';

interface Settings {
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly securityToken?: string | undefined;
}

/** What a program needs, ready to be pasted. Only the constant secret is shown: others are their owners'. */
function settings(values: Settings): string {
  const { accessKeyId, accessKeySecret, securityToken } = values;
  const isConstant =
    accessKeyId === defaultOssAccount.accessKeyId &&
    accessKeySecret === defaultOssAccount.accessKeySecret &&
    securityToken === undefined;
  const keys = [
    `accessKeyId: '${accessKeyId}'`,
    isConstant ? `accessKeySecret: '${accessKeySecret}'` : 'accessKeySecret: /* as given */',
  ];
  const ofFetch = [
    `endpoint: '${values.endpoint}'`,
    `region: '${values.region}'`,
    `bucket: '${values.bucket}'`,
    `credentials: { ${[...keys, ...(securityToken === undefined ? [] : ['securityToken: /* as given */'])].join(', ')} }`,
  ];
  const ofAliOss = [
    `endpoint: '${values.endpoint}'`,
    'sldEnable: true',
    `region: 'oss-${values.region}'`,
    `bucket: '${values.bucket}'`,
    ...keys,
    ...(securityToken === undefined ? [] : ['stsToken: /* as given */']),
  ];
  const call = (name: string, options: readonly string[]) => [
    `  ${name}({`,
    ...options.map((option) => `    ${option},`),
    '  })',
  ];
  return [
    'With oss-envelope:',
    ...call('fetchTransport', ofFetch),
    'With ali-oss:',
    ...call('new OSS', ofAliOss),
    ...(isConstant ? ['The keys are constants of the local OSS, and open nothing else.'] : []),
  ].join('\n');
}

const usage = `oss-local: an Object Storage Service on this machine, for development and tests

Usage: oss-local [options]

  --port N                   TCP port (default 9000; 0 takes a free one)
  --host ADDRESS             address to listen on (default 127.0.0.1)
  --dir FOLDER               keep buckets and objects in this folder (default: in memory)
  --bucket NAME              make this bucket; may be repeated
  --region REGION            region that V4 signatures must name (default cn-hangzhou)
  --access-key-id ID         (default ${defaultOssAccount.accessKeyId})
  --access-key-secret SECRET (default ${defaultOssAccount.accessKeySecret})
  --security-token TOKEN     require this STS token
  --no-md5                   for benchmarks: compute no MD5, invent ETags
  --discard-bodies           for benchmarks: count and sum bodies, but keep none
  --help                     show this text

After \`oss-local --bucket photos\`:

${settings({
  endpoint: 'http://localhost:9000',
  region: 'cn-hangzhou',
  bucket: 'photos',
  ...defaultOssAccount,
})}
`;

interface Command {
  port: number;
  host: string;
  dir: string | undefined;
  buckets: string[];
  region: string;
  accessKeyId: string;
  accessKeySecret: string;
  securityToken: string | undefined;
  md5: boolean;
  discardBodies: boolean;
}

/** Reads the command line; `undefined` asks for help. Throws a TypeError or RangeError that says what is wrong. */
function parseCommand(args: readonly string[]): Command | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      port: { type: 'string', default: '9000' },
      host: { type: 'string', default: '127.0.0.1' },
      dir: { type: 'string' },
      bucket: { type: 'string', multiple: true, default: [] },
      region: { type: 'string', default: 'cn-hangzhou' },
      'access-key-id': { type: 'string', default: defaultOssAccount.accessKeyId },
      'access-key-secret': { type: 'string', default: defaultOssAccount.accessKeySecret },
      'security-token': { type: 'string' },
      'no-md5': { type: 'boolean', default: false },
      'discard-bodies': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return undefined;
  const port = /^\d{1,5}$/.test(values.port) ? Number(values.port) : Number.NaN;
  if (!(port <= 65_535)) throw new RangeError('--port must be a number from 0 to 65535');
  return {
    port,
    host: values.host,
    dir: values.dir,
    buckets: values.bucket,
    region: values.region.replace(/^oss-/, ''),
    accessKeyId: values['access-key-id'],
    accessKeySecret: values['access-key-secret'],
    securityToken: values['security-token'],
    md5: !values['no-md5'],
    discardBodies: values['discard-bodies'],
  };
}

function placeOf(command: Command): string {
  if (command.discardBodies) return 'bodies are discarded';
  return command.dir === undefined ? 'in memory' : `in ${command.dir}`;
}

function describe(oss: LocalOss, command: Command): string {
  const [bucket = 'BUCKET'] = command.buckets;
  return [
    `A local OSS listens at ${oss.endpoint} (${placeOf(command)}).`,
    `Buckets: ${command.buckets.length === 0 ? 'none yet' : command.buckets.join(', ')}`,
    '',
    settings({ ...command, endpoint: oss.endpoint, region: oss.region, bucket }),
    '',
    'Stop it with Ctrl-C.',
    '',
  ].join('\n');
}

function describeFailure(error: unknown, command: Command): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') {
    return `port ${command.port} on ${command.host} is in use: stop what listens there, or choose another --port`;
  }
  if (code === 'InvalidBucketName') {
    return 'a bucket name has 3 to 63 characters of a-z, 0-9 and hyphens, and no hyphen at its ends';
  }
  if (code === 'EACCES') return `no permission: ${(error as Error).message}`;
  return error instanceof Error ? error.message : String(error);
}

/** The command: runs until SIGINT or SIGTERM; gives the exit status. */
export async function runOssLocal(args: readonly string[]): Promise<number> {
  let command: Command | undefined;
  try {
    command = parseCommand(args);
  } catch (error) {
    process.stderr.write(`oss-local: ${(error as Error).message}\n\n${usage}`);
    return 2;
  }
  if (!command) {
    process.stdout.write(usage);
    return 0;
  }
  const { accessKeyId, accessKeySecret, securityToken, dir } = command;
  let oss: LocalOss;
  try {
    oss = await startOss({
      port: command.port,
      host: command.host,
      region: command.region,
      buckets: command.buckets,
      md5: command.md5,
      discardBodies: command.discardBodies,
      accounts: [{ accessKeyId, accessKeySecret, securityToken }],
      ...(dir === undefined ? {} : { dir }),
    });
  } catch (error) {
    process.stderr.write(`oss-local: ${describeFailure(error, command)}\n`);
    return 1;
  }
  process.stdout.write(describe(oss, command));
  await new Promise<void>((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });
  await oss.close();
  return 0;
}
