import type { Method, Query } from '@oss-envelope/core/adapter';
import { readVectorText } from '@oss-envelope/test-kit';
import { describe, expect, it } from 'vitest';
import { digest } from '#digest';
import { signatureV1, stringToSignV1 } from './signature-v1.js';
import {
  canonicalRequestV4,
  type ScopeV4,
  signatureV4,
  signingKeyV4,
  stringToSignV4,
} from './signature-v4.js';

interface SignVector {
  readonly name: string;
  readonly kind: 'v1' | 'v4-header' | 'v4-query';
  readonly method: Method;
  readonly bucket: string;
  readonly key?: string;
  readonly region: string;
  readonly product: ScopeV4['product'];
  readonly query: Query;
  readonly headers?: Record<string, string>;
  readonly additional?: string[];
  readonly extraSub?: string[];
  readonly date: string;
  readonly sk: string;
  readonly expect: string;
  readonly canonicalRequest: string;
  readonly stringToSign: string;
}

const vectors: SignVector[] = JSON.parse(readVectorText('signatures.json'));

describe('signing vectors', () => {
  it('are all there', () => {
    const counts = ['v1', 'v4-header', 'v4-query'].map(
      (kind) => vectors.filter((one) => one.kind === kind).length,
    );
    expect(counts).toEqual([9, 9, 8]);
  });

  const v4 = vectors.filter(({ kind }) => kind !== 'v1').map((vector) => [vector.name, vector] as const);
  it.each(v4)('V4, %s: each stage', async (_name, vector) => {
    const { method, bucket, key, query, headers = {}, date: timestamp, region, product } = vector;
    const canonicalRequest = canonicalRequestV4({ method, bucket, key, query, headers }, vector.additional);
    expect(canonicalRequest).toBe(vector.canonicalRequest);
    const scope = { date: timestamp.slice(0, 8), region, product };
    const stringToSign = await stringToSignV4(timestamp, scope, canonicalRequest);
    expect(stringToSign).toBe(vector.stringToSign);
    const signingKey = await digest.importHmacKey('SHA-256', await signingKeyV4(vector.sk, scope));
    expect(await signatureV4(signingKey, stringToSign)).toBe(vector.expect);
  });

  const v1 = vectors.filter(({ kind }) => kind === 'v1').map((vector) => [vector.name, vector] as const);
  it.each(v1)('V1, %s: each stage', async (_name, vector) => {
    const { method, bucket, key, query, headers = {}, date, extraSub } = vector;
    const stringToSign = stringToSignV1({ method, bucket, key, query, headers }, date, extraSub);
    expect(stringToSign).toBe(vector.stringToSign);
    expect(await signatureV1(vector.sk, stringToSign)).toBe(vector.expect);
  });
});
