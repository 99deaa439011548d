import { describe, expect, it } from 'vitest';
import { checkedHeaders, responseHeaders, wireHeaders } from '../src/header-record.js';

const text = { 'x-oss-meta-a': '七é', b: 'plain' };
const bytes = { 'x-oss-meta-a': '\u00e4\u00b8\u0083\u00c3\u00a9', b: 'plain' };

describe('header values', () => {
  it('go as UTF-8, one character for a byte, unless the runtime does that by itself', () => {
    expect(wireHeaders(text, false)).toEqual(bytes);
    expect(wireHeaders(text, true)).toEqual(text);
  });

  it('come as UTF-8, and as they are where they are none', () => {
    expect(responseHeaders(new Response(null, { headers: bytes }), false)).toEqual(text);
    expect(responseHeaders(new Response(null, { headers: bytes }), true)).toEqual(bytes);
    const latin = { a: 'caf\u00e9', b: '' };
    expect(responseHeaders(new Response(null, { headers: latin }), false)).toEqual(latin);
  });

  it('are kept from names that would reach further than themselves', () => {
    const response = new Response(null, { headers: [['__proto__', 'a']] });
    const headers = responseHeaders(response, false);
    expect(Object.getPrototypeOf(headers)).toBe(Object.prototype);
  });
});

describe('checkedHeaders', () => {
  it('lowers names, trims values and leaves out what a transport sets', () => {
    expect(checkedHeaders({ 'X-Oss-Meta-A': '\t a  b ', Authorization: 'x', 'Content-Length': '1' })).toEqual(
      {
        'x-oss-meta-a': 'a  b',
      },
    );
    expect(checkedHeaders({ 'Content-Length': '1' }, 'content-length')).toEqual({ 'content-length': '1' });
  });
});
