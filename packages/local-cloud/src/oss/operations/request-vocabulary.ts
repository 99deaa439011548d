import { invalidArgument, OssError } from '../http/oss-error.js';
import type { RequestTarget } from '../http/request-target.js';
import { userMetadataPrefix } from '../storage/object-metadata.js';
import type { Operation } from './operation.js';

// OSS has many sub-resources and headers that turn a request into another one, and gets more. A list of those that
// are missing here would never be complete: so what is not in a list of the known ones is refused.

const payerHeader = 'x-oss-request-payer';
const trafficLimit = 'x-oss-traffic-limit';
// Bits per second, as the page "Single-connection bandwidth throttling" has them.
const trafficLimits = { minimum: 819_200, maximum: 838_860_800 };

/** Query parameters of every operation: those of a signature in the query. */
const commonParameters: ReadonlySet<string> = new Set([
  'OSSAccessKeyId',
  'Expires',
  'Signature',
  'security-token',
  'x-oss-signature-version',
  'x-oss-signature',
  'x-oss-credential',
  'x-oss-date',
  'x-oss-expires',
  'x-oss-additional-headers',
  'x-oss-security-token',
  payerHeader,
  trafficLimit,
]);

/** Headers of every operation. The payer and the traffic limit change nothing on a local server. */
const commonHeaders: ReadonlySet<string> = new Set([
  'x-oss-date',
  'x-oss-content-sha256',
  'x-oss-security-token',
  'x-oss-user-agent',
  payerHeader,
  trafficLimit,
]);

const copySource = 'x-oss-copy-source-';

function isKnownHeader(
  name: string,
  operation: Operation,
  headers: Readonly<Record<string, string>>,
): boolean {
  // SDKs repeat the metadata of an upload on its parts.
  if (!name.startsWith('x-oss-') || name.startsWith(userMetadataPrefix) || commonHeaders.has(name))
    return true;
  if (operation.headers?.includes(name)) return true;
  // ali-oss repeats every header of a copy with this prefix; OSS takes no notice.
  return (
    operation.headers?.includes('x-oss-copy-source') === true &&
    name.startsWith(copySource) &&
    name.slice(copySource.length) in headers
  );
}

/**
 * The name of what the request asks beyond what the operation understands, or `undefined`.
 * @param selector The query parameter that selects the operation, if any.
 */
export function notUnderstood(
  operation: Operation,
  selector: string | undefined,
  target: RequestTarget,
  headers: Readonly<Record<string, string>>,
): string | undefined {
  for (const name of target.query.keys()) {
    if (name === selector || commonParameters.has(name) || operation.parameters?.includes(name)) continue;
    return name;
  }
  return Object.keys(headers).find((name) => !isKnownHeader(name, operation, headers));
}

/** Checks the headers that every operation takes. @throws {OssError} `InvalidArgument`. */
export function assertCommonHeaders(target: RequestTarget, headers: Readonly<Record<string, string>>): void {
  const payer = headers[payerHeader] ?? target.query.get(payerHeader);
  if (payer !== undefined && payer.toLowerCase() !== 'requester') {
    throw invalidArgument(payerHeader, payer, `${payerHeader} must be requester.`);
  }
  const limit = headers[trafficLimit] ?? target.query.get(trafficLimit);
  if (limit === undefined) return;
  const bits = /^\d{1,12}$/.test(limit) ? Number(limit) : Number.NaN;
  if (!(bits >= trafficLimits.minimum && bits <= trafficLimits.maximum)) {
    throw invalidArgument(
      trafficLimit,
      limit,
      `${trafficLimit} must be from ${trafficLimits.minimum} to ${trafficLimits.maximum} bits per second.`,
    );
  }
}

const conditions = ['if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since'];

/** OSS refuses to write on condition of what is there. @throws {OssError} `NotImplemented`, EC 0017-00000245. */
export function assertUnconditional(headers: Readonly<Record<string, string>>): void {
  const condition = conditions.find((name) => name in headers);
  if (condition !== undefined) throw new OssError('ConditionalWrite', { details: { Header: condition } });
}
