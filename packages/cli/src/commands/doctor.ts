import { randomBytes } from 'node:crypto';
import { isOssEnvelopeError, type ObjectTransport } from '@oss-envelope/core';
import { noKeyError } from '../keys/providers.js';
import { type ExitCode, exitCode } from '../output/exit-code.js';
import { printable } from '../output/printable.js';
import type { Session } from '../session.js';
import { parseOssUrl } from '../settings/oss-url.js';

/** How `doctor` looks. */
export interface DoctorFlags {
  /** Stores and deletes a small object too, to try the rights to write. */
  readonly write?: boolean | undefined;
  /** The origin of a page, to try the CORS rule with. */
  readonly origin?: string | undefined;
}

/** What one look has found. */
interface Finding {
  readonly check: string;
  readonly state: 'ok' | 'failed' | 'skipped';
  readonly found: string;
  /** What to do about it. */
  readonly fix?: string | undefined;
}

/** A clock may be off by this much before OSS refuses a signature. */
const mostSkewMs = 15 * 60 * 1000;

/** Looks at everything that a transfer needs, and says what to do about what is not right. */
export async function doctor(
  session: Session,
  target: string | undefined,
  flags: DoctorFlags,
): Promise<ExitCode> {
  const { printer } = session;
  const findings: Finding[] = [];
  const add = (finding: Finding): void => {
    findings.push(finding);
    printer.record(finding);
    const sign = { ok: 'ok    ', failed: 'FAILED', skipped: '-     ' }[finding.state];
    printer.line(`${sign}  ${finding.check.padEnd(12)}  ${printable(finding.found)}`);
    if (finding.fix !== undefined) printer.line(`${' '.repeat(22)}-> ${printable(finding.fix)}`);
  };
  const connection = await session.connection();
  add({ check: 'credentials', state: 'ok', found: `from ${connection.credentialsFrom}` });
  add(
    connection.region === undefined
      ? {
          check: 'region',
          state: 'skipped',
          found: `${connection.endpoint}, no region`,
          fix: 'Set OSS_REGION where requests are refused: signatures name it.',
        }
      : { check: 'region', state: 'ok', found: `${connection.region} at ${connection.endpoint}` },
  );
  add(await clock(connection.endpoint, session.signal));
  if (target === undefined) {
    add({
      check: 'bucket',
      state: 'skipped',
      found: 'no bucket was named',
      fix: 'oss-envelope doctor oss://BUCKET looks further.',
    });
  } else {
    const { bucket } = parseOssUrl(target);
    const transport = await session.transport(bucket);
    add(await listing(transport, bucket, session.signal));
    add(await reading(transport, bucket, session.signal));
    add(flags.write ? await writing(transport, session.signal) : skippedWrite);
    add(await cors(connection.endpoint, bucket, flags.origin, session.signal));
  }
  for (const finding of await keys(session)) add(finding);
  const failed = findings.filter(({ state }) => state === 'failed');
  if (failed.length === 0) printer.note(printer.text('doctorAllWell'));
  return failed.length === 0 ? exitCode.done : exitCode.other;
}

const skippedWrite: Finding = {
  check: 'write',
  state: 'skipped',
  found: 'not tried, since it stores and deletes an object',
  fix: 'oss-envelope doctor --write tries it.',
};

async function clock(endpoint: string, signal: AbortSignal): Promise<Finding> {
  const url = endpoint.includes('://') ? endpoint : `https://${endpoint}`;
  const sentAt = Date.now();
  let date: string | null;
  try {
    const response = await fetch(url, { method: 'HEAD', redirect: 'manual', signal });
    date = response.headers.get('date');
    await response.body?.cancel();
  } catch {
    signal.throwIfAborted();
    return {
      check: 'network',
      state: 'failed',
      found: `${endpoint} does not answer`,
      fix: 'Check the endpoint, the network and the proxy. An -internal endpoint is reached from within Alibaba Cloud only.',
    };
  }
  const serverMs = Date.parse(date ?? '');
  if (Number.isNaN(serverMs)) return { check: 'clock', state: 'skipped', found: 'the server told no time' };
  const skewMs = Math.round((Date.now() + sentAt) / 2 - serverMs);
  const found = `${Math.abs(Math.round(skewMs / 1000))} s ${skewMs < 0 ? 'behind' : 'ahead of'} the server`;
  return Math.abs(skewMs) < mostSkewMs
    ? { check: 'clock', state: 'ok', found }
    : { check: 'clock', state: 'failed', found, fix: 'Set the clock of this machine by NTP.' };
}

async function listing(transport: ObjectTransport, bucket: string, signal: AbortSignal): Promise<Finding> {
  try {
    await transport.list?.({ maxKeys: 1, headers: {}, signal });
    return { check: 'list', state: 'ok', found: `oss://${bucket} can be listed` };
  } catch (error) {
    return refused('list', error, signal, 'oss:ListObjects', bucket);
  }
}

async function reading(transport: ObjectTransport, bucket: string, signal: AbortSignal): Promise<Finding> {
  const key = `oss-envelope-doctor/${randomBytes(8).toString('hex')}`;
  try {
    await transport.head({ key, headers: {}, signal });
  } catch (error) {
    if (
      isOssEnvelopeError(error, 'ERR_SERVICE') &&
      error.status === 404 &&
      error.serviceCode !== 'NoSuchBucket'
    ) {
      return { check: 'read', state: 'ok', found: 'objects can be asked for' };
    }
    return refused('read', error, signal, 'oss:GetObject', bucket);
  }
  return { check: 'read', state: 'ok', found: 'objects can be asked for' };
}

async function writing(transport: ObjectTransport, signal: AbortSignal): Promise<Finding> {
  const key = `oss-envelope-doctor/${randomBytes(8).toString('hex')}`;
  try {
    await transport.put({ key, headers: {}, body: { kind: 'bytes', bytes: new Uint8Array(1) }, signal });
    await transport.delete({ key, headers: {}, signal });
    return { check: 'write', state: 'ok', found: 'an object was stored and deleted' };
  } catch (error) {
    return refused('write', error, signal, 'oss:PutObject and oss:DeleteObject', '');
  }
}

function refused(
  check: string,
  error: unknown,
  signal: AbortSignal,
  action: string,
  bucket: string,
): Finding {
  signal.throwIfAborted();
  const found = error instanceof Error ? error.message : String(error);
  if (!isOssEnvelopeError(error, 'ERR_SERVICE')) {
    return { check, state: 'failed', found, fix: 'Check the endpoint and the network.' };
  }
  if (error.serviceCode === 'NoSuchBucket') {
    return {
      check,
      state: 'failed',
      found,
      fix: `There is no bucket ${bucket}: check its name and the region.`,
    };
  }
  if (error.serviceCode === 'InvalidAccessKeyId' || error.serviceCode === 'SignatureDoesNotMatch') {
    return { check, state: 'failed', found, fix: 'Check the access key and its secret.' };
  }
  return {
    check,
    state: 'failed',
    found,
    fix: `Allow ${action} by a RAM policy, and check that the endpoint is that of the bucket's region.`,
  };
}

/** What a page needs: the headers that it sends and reads. */
async function cors(
  endpoint: string,
  bucket: string,
  origin: string | undefined,
  signal: AbortSignal,
): Promise<Finding> {
  if (origin === undefined) {
    return {
      check: 'cors',
      state: 'skipped',
      found: 'no origin was named',
      fix: 'oss-envelope doctor --origin https://app.example.com tries the CORS rule.',
    };
  }
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
    signal,
  });
  const allowed = response.headers.get('access-control-allow-origin');
  await response.body?.cancel();
  return response.ok && allowed !== null
    ? { check: 'cors', state: 'ok', found: `${origin} may upload` }
    : {
        check: 'cors',
        state: 'failed',
        found: `${origin} may not upload (status ${response.status})`,
        fix: 'Add a CORS rule to the bucket: this origin, methods GET, PUT, POST, DELETE, HEAD, headers *, and expose ETag and all x-oss headers that your page reads.',
      };
}

/** Wraps and unwraps a key with the master key that was named, without an object. */
async function keys(session: Session): Promise<readonly Finding[]> {
  if ((await session.keys()).main === undefined) {
    return [{ check: 'key', state: 'skipped', found: 'no key was named', fix: noKeyError().message }];
  }
  const format = await session.format();
  try {
    const { provider } = await session.providers();
    const findings: Finding[] = [];
    const wrapAlgorithm = provider.wraps[format];
    if (wrapAlgorithm === undefined) {
      return [{ check: 'key', state: 'skipped', found: `the key only reads, or cannot write '${format}'` }];
    }
    const start = format === 'sealed' ? undefined : new TextEncoder().encode('8');
    const { wrappedKey, wrappedStart } = await provider.wrapKey({ format, start, signal: session.signal });
    findings.push({ check: 'key, write', state: 'ok', found: `wraps by ${wrapAlgorithm}` });
    if (!provider.unwraps.includes(wrapAlgorithm)) {
      findings.push({ check: 'key, read', state: 'skipped', found: 'a public key only writes' });
      return findings;
    }
    await provider.unwrapKey({ format, wrapAlgorithm, wrappedKey, wrappedStart, signal: session.signal });
    findings.push({ check: 'key, read', state: 'ok', found: 'opens what it has wrapped' });
    return findings;
  } catch (error) {
    session.signal.throwIfAborted();
    const found = error instanceof Error ? error.message : String(error);
    const isKms = isOssEnvelopeError(error, 'ERR_SERVICE') && error.service === 'KMS';
    return [
      {
        check: 'key',
        state: 'failed',
        found,
        fix: isKms
          ? 'Allow kms:GenerateDataKey to write and kms:Decrypt to read by a RAM policy; both other formats also need kms:Encrypt.'
          : 'See the message.',
      },
    ];
  }
}
