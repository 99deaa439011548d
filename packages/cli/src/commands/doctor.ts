import { randomBytes } from 'node:crypto';
import { isOssEnvelopeError, type ObjectTransport } from '@oss-envelope/core';
import { type ExitCode, exitCode } from '../output/exit-code.js';
import type { Printer, TextName } from '../output/printer.js';
import { padEnd } from '../output/table.js';
import type { Session } from '../session.js';
import type { Connection } from '../settings/connection.js';
import { parseOssUrl } from '../settings/oss-url.js';

/** How `doctor` looks. */
export interface DoctorFlags {
  /** Stores and deletes a small object too, to try the rights to write. */
  readonly write?: boolean | undefined;
  /** The origin of a page, to try the CORS rule with. */
  readonly origin?: string | undefined;
}

/** What was looked at. The names are stable. */
type Check =
  | 'settings'
  | 'credentials'
  | 'region'
  | 'network'
  | 'clock'
  | 'bucket'
  | 'list'
  | 'read'
  | 'write'
  | 'cors'
  | 'key'
  | 'key, write'
  | 'key, read';

/** What one look has found. */
interface Finding {
  readonly check: Check;
  readonly state: 'ok' | 'failed' | 'skipped';
  readonly found: string;
  /** What to do about it. */
  readonly fix?: string | undefined;
}

const checkNames: Readonly<Record<Check, TextName>> = {
  settings: 'checkSettings',
  credentials: 'checkCredentials',
  region: 'checkRegion',
  network: 'checkNetwork',
  clock: 'checkClock',
  bucket: 'checkBucket',
  list: 'checkList',
  read: 'checkRead',
  write: 'checkWrite',
  cors: 'checkCors',
  key: 'checkKey',
  'key, write': 'checkKeyWrite',
  'key, read': 'checkKeyRead',
};

/** A clock may be off by this much before OSS refuses a signature. */
const mostSkewMs = 15 * 60 * 1000;

/**
 * OSS documentation: "0002-00000226", the request was signed for another region; "0003-00001403", the bucket has another
 * endpoint.
 */
const elsewhere: ReadonlySet<string | undefined> = new Set(['0002-00000226', '0003-00001403']);

const isElsewhere = (error: unknown): boolean =>
  isOssEnvelopeError(error, 'ERR_SERVICE') && elsewhere.has(error.ec);

/** Who does not answer in this time has a network that needs looking at. */
const answerMs = 15_000;

const refusedCredentials = new Set([
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'InvalidSecurityToken',
  'SecurityTokenExpired',
]);

/** Looks at everything that a transfer needs, and says what to do about what is not right. A fault ends no other look. */
export async function doctor(
  session: Session,
  target: string | undefined,
  flags: DoctorFlags,
): Promise<ExitCode> {
  const bucket = target === undefined ? undefined : parseOssUrl(target).bucket;
  const { printer } = session;
  let failures = 0;
  for await (const finding of findingsOf(session, bucket, flags)) {
    if (finding.state === 'failed') failures++;
    printer.record(finding);
    show(printer, finding);
  }
  if (failures === 0) printer.note(printer.text('doctorAllWell'));
  return failures === 0 ? exitCode.done : exitCode.other;
}

function show(printer: Printer, { check, state, found, fix }: Finding): void {
  const sign = { ok: 'ok', failed: printer.text('stateFailed'), skipped: '-' }[state];
  printer.line(`${padEnd(sign, 6)}  ${padEnd(printer.text(checkNames[check]), 12)}  ${found}`);
  if (fix !== undefined) printer.line(`${' '.repeat(22)}-> ${fix}`);
}

async function* findingsOf(
  session: Session,
  bucket: string | undefined,
  flags: DoctorFlags,
): AsyncGenerator<Finding> {
  const { printer, signal } = session;
  let connection: Connection;
  try {
    connection = await session.connection();
  } catch (error) {
    signal.throwIfAborted();
    yield { check: 'settings', state: 'failed', ...told(printer, error), fix: printer.text('fixSettings') };
    yield* keys(session);
    return;
  }
  const { endpoint, region } = connection;
  let transport: ObjectTransport | undefined;
  let listed: Finding | undefined;
  let refusal: unknown;
  try {
    transport = bucket === undefined ? undefined : await session.transport(bucket);
  } catch (error) {
    yield { check: 'settings', state: 'failed', ...told(printer, error), fix: printer.text('fixSettings') };
  }
  if (transport !== undefined && bucket !== undefined) {
    try {
      await transport.list?.({ maxKeys: 1, headers: {}, signal });
      listed = { check: 'list', state: 'ok', found: printer.text('listed', { bucket }) };
    } catch (error) {
      refusal = error;
      listed = refused(session, 'list', error, 'oss:ListObjects', bucket);
    }
  }
  yield await credentials(printer, connection, listed, refusal);
  yield isElsewhere(refusal)
    ? {
        check: 'region',
        state: 'failed',
        found: printer.text('regionRefused', { region: region ?? '?', endpoint }),
        fix: printer.text('fixRegionRefused'),
      }
    : region === undefined
      ? {
          check: 'region',
          state: 'skipped',
          found: printer.text('regionUnknown', { endpoint }),
          fix: printer.text('fixRegion'),
        }
      : { check: 'region', state: 'ok', found: printer.text('regionAt', { region, endpoint }) };
  yield await clock(session, endpoint);
  if (bucket === undefined) {
    yield {
      check: 'bucket',
      state: 'skipped',
      found: printer.text('bucketUnnamed'),
      fix: printer.text('fixBucketUnnamed'),
    };
  } else if (listed === undefined || transport === undefined) {
    yield { check: 'bucket', state: 'skipped', found: printer.text('bucketUntried', { bucket }) };
  } else {
    yield listed;
    yield await reading(session, transport, bucket);
    yield flags.write
      ? await writing(session, transport, bucket)
      : {
          check: 'write',
          state: 'skipped',
          found: printer.text('writeUntried'),
          fix: printer.text('fixWriteUntried'),
        };
    yield await cors(session, endpoint, bucket, flags.origin);
  }
  yield* keys(session);
}

/** Whether there are credentials, and whether OSS took those that were sent with the first request. */
async function credentials(
  printer: Printer,
  { credentials: given, credentialsFrom: source }: Connection,
  listed: Finding | undefined,
  refusal: unknown,
): Promise<Finding> {
  const check = 'credentials';
  if ('getCredential' in given) {
    try {
      await given.getCredential();
    } catch (error) {
      const { found: message } = told(printer, error);
      return {
        check,
        state: 'failed',
        found: printer.text('credentialsNone', { message }),
        fix: printer.text('fixNoCredentials'),
      };
    }
  }
  const serviceCode = isOssEnvelopeError(refusal, 'ERR_SERVICE') ? refusal.serviceCode : undefined;
  if (refusedCredentials.has(serviceCode ?? '')) {
    const found = printer.text('credentialsRefused', { source });
    return { check, state: 'failed', found, fix: printer.text('fixCredentials') };
  }
  // Who is known, and has no right to list, was refused after the signature was checked.
  if (listed?.state !== 'ok' && (serviceCode !== 'AccessDenied' || isElsewhere(refusal))) {
    return { check, state: 'skipped', found: printer.text('credentialsUntried', { source }) };
  }
  return { check, state: 'ok', found: printer.text('credentialsAccepted', { source }) };
}

/** What an error says, fit for a terminal. */
function told(printer: Printer, error: unknown): { readonly found: string } {
  return {
    found: printer.text('anything', { text: error instanceof Error ? error.message : String(error) }),
  };
}

async function clock({ printer, signal }: Session, endpoint: string): Promise<Finding> {
  const url = endpoint.includes('://') ? endpoint : `https://${endpoint}`;
  const sentAt = Date.now();
  let date: string | null;
  try {
    const response = await fetch(url, { method: 'HEAD', redirect: 'manual', signal: inTime(signal) });
    date = response.headers.get('date');
    await response.body?.cancel();
  } catch {
    signal.throwIfAborted();
    return {
      check: 'network',
      state: 'failed',
      found: printer.text('noAnswer', { endpoint }),
      fix: printer.text('fixNetwork'),
    };
  }
  const serverMs = Date.parse(date ?? '');
  if (Number.isNaN(serverMs)) {
    return { check: 'clock', state: 'skipped', found: printer.text('clockUntold') };
  }
  const skewMs = Math.round((Date.now() + sentAt) / 2 - serverMs);
  const seconds = Math.abs(Math.round(skewMs / 1000));
  const found = printer.text(skewMs < 0 ? 'clockBehind' : 'clockAhead', { seconds });
  return Math.abs(skewMs) < mostSkewMs
    ? { check: 'clock', state: 'ok', found }
    : { check: 'clock', state: 'failed', found, fix: printer.text('fixClock') };
}

function inTime(signal: AbortSignal): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(answerMs)]);
}

const someKey = (): string => `oss-envelope-doctor/${randomBytes(8).toString('hex')}`;

async function reading(session: Session, transport: ObjectTransport, bucket: string): Promise<Finding> {
  const ok: Finding = { check: 'read', state: 'ok', found: session.printer.text('readable') };
  try {
    await transport.head({ key: someKey(), headers: {}, signal: session.signal });
    return ok;
  } catch (error) {
    const isAbsent =
      isOssEnvelopeError(error, 'ERR_SERVICE') &&
      error.status === 404 &&
      error.serviceCode !== 'NoSuchBucket';
    return isAbsent ? ok : refused(session, 'read', error, 'oss:GetObject', bucket);
  }
}

async function writing(session: Session, transport: ObjectTransport, bucket: string): Promise<Finding> {
  const { printer, signal } = session;
  const key = someKey();
  try {
    await transport.put({ key, headers: {}, body: { kind: 'bytes', bytes: new Uint8Array(1) }, signal });
  } catch (error) {
    return refused(session, 'write', error, 'oss:PutObject', bucket);
  }
  try {
    // Not by the signal: what was stored is taken away again.
    await transport.delete({ key, headers: {}, signal: AbortSignal.timeout(answerMs) });
    return { check: 'write', state: 'ok', found: printer.text('written') };
  } catch (error) {
    const finding = refused(session, 'write', error, 'oss:DeleteObject', bucket);
    return { ...finding, found: printer.text('notDeleted', { key, message: finding.found }) };
  }
}

function refused(session: Session, check: Check, error: unknown, action: string, bucket: string): Finding {
  const { printer, signal } = session;
  signal.throwIfAborted();
  const failed = { check, state: 'failed', ...told(printer, error) } as const;
  if (!isOssEnvelopeError(error, 'ERR_SERVICE')) {
    const isReach = isOssEnvelopeError(error, 'ERR_TRANSPORT');
    return { ...failed, fix: printer.text(isReach ? 'fixReach' : 'fixSettings') };
  }
  if (isElsewhere(error)) return { ...failed, fix: printer.text('fixRegionRefused') };
  if (error.serviceCode === 'NoSuchBucket') {
    return { ...failed, fix: printer.text('fixBucketName', { bucket }) };
  }
  if (refusedCredentials.has(error.serviceCode ?? '')) {
    return { ...failed, fix: printer.text('fixCredentials') };
  }
  return { ...failed, fix: printer.text('fixRights', { action }) };
}

/** What a page needs: the headers that it sends and reads. */
async function cors(
  { printer, signal }: Session,
  endpoint: string,
  bucket: string,
  origin: string | undefined,
): Promise<Finding> {
  const check = 'cors';
  if (origin === undefined) {
    const found = printer.text('corsUntried');
    return { check, state: 'skipped', found, fix: printer.text('fixCorsUntried') };
  }
  try {
    const url = new URL(endpoint.includes('://') ? endpoint : `https://${endpoint}`);
    const isLocal = /^(?:[\d.]+|\[.*\]|localhost)$/.test(url.hostname);
    const target = isLocal ? `${url.origin}/${bucket}/probe` : `${url.protocol}//${bucket}.${url.host}/probe`;
    const response = await fetch(target, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'PUT',
        'access-control-request-headers':
          'authorization,content-type,x-oss-date,x-oss-content-sha256,x-oss-meta-a',
      },
      signal: inTime(signal),
    });
    const allowed = response.headers.get('access-control-allow-origin');
    await response.body?.cancel();
    if (response.ok && allowed !== null) {
      return { check, state: 'ok', found: printer.text('corsAllowed', { origin }) };
    }
    const found = printer.text('corsRefused', { origin, status: response.status });
    return { check, state: 'failed', found, fix: printer.text('fixCors') };
  } catch (error) {
    signal.throwIfAborted();
    return { check, state: 'failed', ...told(printer, error), fix: printer.text('fixReach') };
  }
}

/** Wraps and unwraps a key with the master key that was named, without an object. */
async function* keys(session: Session): AsyncGenerator<Finding> {
  const { printer, signal } = session;
  try {
    if ((await session.keys()).main === undefined) {
      const found = printer.text('keyUnnamed');
      yield { check: 'key', state: 'skipped', found, fix: printer.text('fixKeyUnnamed') };
      return;
    }
    const format = await session.format();
    const { provider } = await session.providers();
    const wrapAlgorithm = provider.wraps[format];
    if (wrapAlgorithm === undefined) {
      yield { check: 'key', state: 'skipped', found: printer.text('keyOnlyReads', { format }) };
      return;
    }
    const start = format === 'sealed' ? undefined : new TextEncoder().encode('8');
    const { wrappedKey, wrappedStart } = await provider.wrapKey({ format, start, signal });
    yield { check: 'key, write', state: 'ok', found: printer.text('keyWraps', { algorithm: wrapAlgorithm }) };
    if (!provider.unwraps.includes(wrapAlgorithm)) {
      yield { check: 'key, read', state: 'skipped', found: printer.text('keyOnlyWrites') };
      return;
    }
    await provider.unwrapKey({ format, wrapAlgorithm, wrappedKey, wrappedStart, signal });
    yield { check: 'key, read', state: 'ok', found: printer.text('keyOpens') };
  } catch (error) {
    signal.throwIfAborted();
    const isKms = isOssEnvelopeError(error, 'ERR_SERVICE') && error.service === 'KMS';
    const fix = printer.text(isKms ? 'fixKms' : 'fixKey');
    yield { check: 'key', state: 'failed', ...told(printer, error), fix };
  }
}
