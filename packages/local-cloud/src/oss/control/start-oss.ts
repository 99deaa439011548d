import { z } from 'zod';
import { assertBucketName } from '../http/request-target.js';
import { AccountBook, defaultOssAccount, type OssAccount } from '../signatures/account.js';
import { openStorage } from '../storage/open-storage.js';
import { FaultPlan } from './fault.js';
import { LocalOss } from './local-oss.js';
import { OssServer } from './oss-server.js';
import { OssService } from './oss-service.js';
import { RequestLog } from './request-log.js';

const account = z.object({
  accessKeyId: z.string().min(1),
  accessKeySecret: z.string().min(1),
  securityToken: z.string().min(1).optional(),
  expiresAt: z.date().optional(),
});

const optionsSchema = z.object({
  port: z.number().int().min(0).max(65_535).default(0),
  host: z.string().default('127.0.0.1'),
  dir: z.string().min(1).optional(),
  region: z
    .string()
    .regex(/^[a-z0-9-]+$/)
    .default('cn-hangzhou'),
  accounts: z.array(account).default([{ ...defaultOssAccount }]),
  buckets: z.array(z.string()).default([]),
  now: z.custom<() => Date>((value) => typeof value === 'function').default(() => () => new Date()),
  maxClockSkewMs: z
    .number()
    .min(0)
    .default(15 * 60 * 1000),
  restoreDelayMs: z.number().min(0).default(60_000),
  cors: z.boolean().default(true),
  cnames: z.record(z.string(), z.string()).default({}),
  maxLoggedRequests: z.number().int().min(1).default(1000),
  md5: z.boolean().default(true),
  crc64: z.boolean().default(true),
  discardBodies: z.boolean().default(false),
});

/** Options of {@link startOss}; all have defaults. */
export interface OssOptions {
  /** TCP port; 0, the default, takes a free one. */
  port?: number;
  /** Address to listen on. Default `127.0.0.1`. */
  host?: string;
  /** Folder for buckets and bodies, created when absent; they outlive the server. Default: all in memory. */
  dir?: string;
  /** Region without the `oss-` prefix, which V4 signatures must name. Default `cn-hangzhou`. */
  region?: string;
  /** Who may sign requests. Default: {@link defaultOssAccount}. */
  accounts?: OssAccount[];
  /** Buckets to make, unless they are there. */
  buckets?: string[];
  /** The server's clock. */
  now?: () => Date;
  /** How far a signature's time may be off, in milliseconds. Default 15 minutes. */
  maxClockSkewMs?: number;
  /** How long an archived object takes to be restored, in milliseconds of the server's clock. Default one minute. */
  restoreDelayMs?: number;
  /** Whether pages of any origin may use the server. Default true. */
  cors?: boolean;
  /** Own domain names: bucket by host name, without port. */
  cnames?: Record<string, string>;
  /** How many of the latest requests are remembered. Default 1000. */
  maxLoggedRequests?: number;
  /** Whether bodies get an MD5, as ETag and against Content-MD5. Default true; it costs most of the time of a put. */
  md5?: boolean;
  /** Whether bodies get a CRC-64. Default true. */
  crc64?: boolean;
  /** For benchmarks: bodies are counted and summed, but not kept. */
  discardBodies?: boolean;
}

/**
 * Starts a local OSS on loopback.
 *
 * @example
 * const oss = await startOss({ buckets: ['photos'] });
 * const client = new OSS({ ...defaultOssAccount, endpoint: oss.endpoint, sldEnable: true, bucket: 'photos' });
 * // ...
 * await oss.close();
 *
 * @throws {z.ZodError} For invalid options; what `listen` reports, such as EADDRINUSE.
 */
export async function startOss(options: OssOptions = {}): Promise<LocalOss> {
  const parsed = optionsSchema.parse(options);
  for (const bucket of parsed.buckets) assertBucketName(bucket);
  const { store, catalog } = await openStorage(parsed.dir, parsed.discardBodies);
  const accounts = new AccountBook(parsed.accounts);
  const faults = new FaultPlan();
  const requests = new RequestLog(parsed.maxLoggedRequests);
  const { region, now, maxClockSkewMs, restoreDelayMs, cors, cnames, md5, crc64 } = parsed;
  for (const bucket of parsed.buckets) {
    if (catalog.findBucket(bucket)) continue;
    await catalog.putBucket(bucket, {
      acl: 'private',
      storageClass: 'Standard',
      dataRedundancyType: 'LRS',
      createdAt: now(),
    });
  }
  let origin = '';
  const service = new OssService({
    catalog,
    store,
    accounts,
    faults,
    requests,
    digests: { md5, crc64 },
    region,
    origin: () => origin,
    now,
    maxClockSkewMs,
    restoreDelayMs,
    cors,
    cnames,
  });
  const server = new OssServer(service);
  const port = await server.listen(parsed.port, parsed.host);
  origin = `http://localhost:${port}`;
  return new LocalOss({
    host: parsed.host,
    port,
    region,
    accounts,
    faults,
    requests,
    server,
    catalog,
    store,
    now,
  });
}
