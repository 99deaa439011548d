import { describe, expect, it } from 'vitest';
import { checkedHeaders, decodeHeaderValue, headersForRequest } from './request-headers.js';

describe('checkedHeaders', () => {
  it.each([
    'accept-encoding',
    'authorization',
    'connection',
    'content-length',
    'date',
    'expect',
    'host',
    'keep-alive',
    'proxy-authorization',
    'te',
    'trailer',
    'transfer-encoding',
    'upgrade',
    'x-oss-content-sha256',
    'x-oss-copy-source',
    'x-oss-date',
    'x-oss-security-token',
  ])('leaves %s to the transport', (name) => {
    expect(() => checkedHeaders({ [name]: '1' })).toThrow(
      expect.objectContaining({ argument: `headers["${name}"]` }),
    );
    expect(checkedHeaders({ [name]: '1' }, 'headers', [name])).toEqual({ [name]: '1' });
    expect(() => checkedHeaders({ [name]: '1' }, 'headers', ['other'])).toThrow(name);
  });

  it.each([
    'content-encoding',
    'content-md5',
    'content-type',
    'if-range',
    'range',
    'x-oss-copy-source-if-match',
    'x-oss-forbid-overwrite',
    'x-oss-meta-a',
    'x-oss-metadata-directive',
    'x-oss-process',
    'x-oss-range-behavior',
    "x-request!#$%&'*+.^_`|~9",
  ])('takes %s from who calls a transport', (name) => {
    expect(checkedHeaders({ [name]: '' })).toEqual({ [name]: '' });
  });

  it('gives names in lower case and values without blanks around them', () => {
    const headers = checkedHeaders({
      'X-Oss-Meta-A': ' b c ',
      range: 'bytes=0-1',
      __proto__: 'own',
    } as never);
    expect(headers).toEqual({ 'x-oss-meta-a': 'b c', range: 'bytes=0-1' });
    const odd = checkedHeaders(JSON.parse('{"__proto__":"a","constructor":"b"}'));
    expect(Object.entries(odd)).toEqual([
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ]);
    // As if it had been assigned.
    expect(Object.getOwnPropertyDescriptor(odd, '__proto__')).toEqual({
      value: 'a',
      writable: true,
      enumerable: true,
      configurable: true,
    });
  });

  it.each([
    ['a name of HTTP', { 'a b': '1' }],
    ['an empty name', { '': '1' }],
    ['a name that ends the line', { 'a\n': '1' }],
    ['a name that begins with a colon', { ':a': '1' }],
    ['a line end', { a: 'secret\r\nb: c' }],
    ['a tab', { a: 'secret\tb' }],
    ['text beyond ASCII', { a: 'secret é' }],
    ['text beyond ASCII in front', { a: '\u00e9 secret' }],
    ['DEL', { a: 'secret\x7f' }],
    ['no text', { a: 5 as never }],
    ['one name twice', { a: 'secret', A: 'secret' }],
    ['a header of the transport', { Authorization: 'secret' }],
    ['a connection header', { expect: 'secret' }],
    ['a copy', { 'x-oss-copy-source': '/secret' }],
  ])('refuses %s by its name', (_what, headers) => {
    const name = JSON.stringify(Object.keys(headers).at(-1));
    try {
      checkedHeaders(headers, 'request.headers');
    } catch (error) {
      expect(error).toMatchObject({ code: 'ERR_INVALID_ARGUMENT', argument: `request.headers[${name}]` });
      expect(String(error)).not.toContain('secret');
      return;
    }
    throw new Error('the headers were taken');
  });

  it('takes what the transport has set itself', () => {
    expect(checkedHeaders({ 'Content-Length': '5' }, 'headers', ['content-length'])).toEqual({
      'content-length': '5',
    });
  });
});

describe('decodeHeaderValue', () => {
  const latin1 = (text: string) => Buffer.from(text).toString('latin1');
  it.each([
    ['ascii', 'ascii'],
    [latin1('报告.txt'), '报告.txt'],
    [latin1('\u{1f600}é'), '\u{1f600}é'],
    ['caf\xe9', 'caf\xe9'],
    ['报告', '报告'],
    ['', ''],
    ['\x7f', '\x7f'],
    [latin1('\x80'), '\x80'],
    [latin1('\ufeffa'), '\ufeffa'],
    // Its low byte would end the character that is begun.
    ['\xc3\u01a9', '\xc3\u01a9'],
  ])('reads %j as %j', (value, text) => {
    expect(decodeHeaderValue(value)).toBe(text);
  });
});

describe('headersForRequest', () => {
  const headers = {
    'content-type': 'a/b',
    'x-oss-meta-a': 'b',
    'x-oss-storage-class': 'IA',
    'X-Oss-Tagging': 'a=b',
    'x-oss-server-side-encryption': 'AES256',
    'x-oss-request-payer': 'requester',
    'x-oss-traffic-limit': '819200',
    'x-oss-callback': 'e30=',
    'x-oss-callback-var': 'e30=',
    'x-oss-object-acl': 'private',
    'x-oss-forbid-overwrite': 'true',
  };
  const ofObject = [
    'content-type',
    'x-oss-meta-a',
    'x-oss-storage-class',
    'X-Oss-Tagging',
    'x-oss-server-side-encryption',
  ];
  it.each([
    ['put', Object.keys(headers)],
    ['start-parts', [...ofObject, 'x-oss-request-payer', 'x-oss-forbid-overwrite']],
    ['put-part', ['x-oss-request-payer', 'x-oss-traffic-limit']],
    [
      'finish-parts',
      [
        'x-oss-request-payer',
        'x-oss-callback',
        'x-oss-callback-var',
        'x-oss-object-acl',
        'x-oss-forbid-overwrite',
      ],
    ],
    ['list-parts', ['x-oss-request-payer']],
    ['drop-parts', ['x-oss-request-payer']],
  ] as const)('gives %s its headers', (request, names) => {
    expect(Object.keys(headersForRequest(request, headers))).toEqual(names);
  });
});
