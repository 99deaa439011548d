import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { percentEncode, percentEncodePath } from '../src/common/percent-encoding.js';
import { defaultOssAccount, type LocalOss, type OssAccount } from '../src/index.js';
import * as v1 from '../src/oss/signatures/sign-v1.js';
import * as v4 from '../src/oss/signatures/sign-v4.js';

/** A request that a test spells out, signed by the stage functions that the vectors prove. */
export interface RawRequest {
  method: string;
  bucket?: string;
  key?: string;
  query?: Record<string, string>;
  headers?: Record<string, string>;
  body?: Uint8Array | string;
  /** Default `v4`. */
  sign?: 'v1' | 'v4' | 'none';
  account?: OssAccount;
  /** The Host header; with `path` for virtual-host style. */
  host?: string;
  /** The request line's path as it is. Default: path style. */
  path?: string;
  /** The client's clock. */
  now?: Date;
  /** Region in the scope; default: the server's. */
  region?: string;
  additionalHeaders?: string[];
  payloadHash?: string;
  /** V4: gives the time in the Date header only, as aliyun-oss-go-sdk does. */
  dateHeader?: boolean;
  /** Changes headers after signing. */
  tamper?: (headers: Record<string, string>) => void;
}

export interface RawAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
  text: string;
}

/** The content of an XML element, not unescaped. */
export function element(xml: string, name: string): string | undefined {
  return new RegExp(`<${name}>([\\s\\S]*?)</${name}>`).exec(xml)?.[1];
}

/** The status, and the service code of a refusal. */
export function outcome(answer: RawAnswer): string {
  return answer.status < 400 ? String(answer.status) : `${answer.status} ${element(answer.text, 'Code')}`;
}

export function timestampOf(date: Date): string {
  return `${date.toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
}

/** Signs headers in place. */
export function signHeaders(
  oss: { region: string },
  spec: RawRequest,
  headers: Record<string, string>,
): void {
  const account: OssAccount = spec.account ?? defaultOssAccount;
  const now = spec.now ?? new Date();
  const query = new Map(Object.entries(spec.query ?? {}));
  if (account.securityToken !== undefined) headers['x-oss-security-token'] = account.securityToken;
  if (spec.sign === 'v1') {
    headers['x-oss-date'] = now.toUTCString();
    const text = v1.stringToSign({ ...spec, query, headers, date: headers['x-oss-date'] });
    headers.authorization = `OSS ${account.accessKeyId}:${v1.signature(account.accessKeySecret, text)}`;
    return;
  }
  const timestamp = spec.dateHeader ? now.toUTCString() : timestampOf(now);
  const scope = { day: timestampOf(now).slice(0, 8), region: spec.region ?? oss.region, product: 'oss' };
  const payloadHash = spec.payloadHash ?? v4.unsignedPayload;
  headers[spec.dateHeader ? 'date' : 'x-oss-date'] = timestamp;
  headers['x-oss-content-sha256'] = payloadHash;
  const additional = v4.normalizedAdditionalHeaders(spec.additionalHeaders ?? []);
  const canonical = v4.canonicalRequest({
    method: spec.method,
    bucket: spec.bucket,
    key: spec.key,
    query,
    headers,
    additionalHeaders: additional,
    payloadHash,
  });
  const key = v4.signingKey(account.accessKeySecret, scope);
  const signature = v4.signature(key, v4.stringToSign(timestamp, scope, canonical));
  const listed = additional.length === 0 ? '' : `AdditionalHeaders=${additional.join(';')},`;
  headers.authorization = `${v4.signatureAlgorithm} Credential=${account.accessKeyId}/${v4.scopeText(scope)},${listed}Signature=${signature}`;
}

export function pathOf(spec: RawRequest): string {
  const path =
    spec.path ?? percentEncodePath(`/${[spec.bucket, spec.key].filter((x) => x !== undefined).join('/')}`);
  const query = Object.entries(spec.query ?? {})
    .map(([name, value]) =>
      value === '' ? percentEncode(name) : `${percentEncode(name)}=${percentEncode(value)}`,
    )
    .join('&');
  return query === '' ? path : `${path}?${query}`;
}

/** Sends one request on a connection of its own. Rejects when the connection breaks. */
export function send(oss: LocalOss, spec: RawRequest): Promise<RawAnswer> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(spec.headers ?? {})) headers[name.toLowerCase()] = value;
  if (spec.host !== undefined) headers.host = spec.host;
  const body = spec.body === undefined ? undefined : Buffer.from(spec.body as string);
  if (body) headers['content-length'] = String(body.length);
  if (spec.sign !== 'none') signHeaders(oss, spec, headers);
  spec.tamper?.(headers);
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { host: '127.0.0.1', port: oss.port, method: spec.method, path: pathOf(spec), headers, agent: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const all = Buffer.concat(chunks);
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: all,
            text: all.toString('utf8'),
          });
        });
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}
