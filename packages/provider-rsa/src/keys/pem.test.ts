import { describe, expect, it } from 'vitest';
import { formatPem, parsePem } from './pem.js';

const bytes = (...values: number[]) => Uint8Array.from(values);
const one = '-----BEGIN A KEY-----\nAQID\n-----END A KEY-----\n';
const block = (label: string, content: Uint8Array, headers: readonly (readonly [string, string])[] = []) => ({
  label,
  headers: new Map(headers),
  bytes: content,
});
const blocksOf = (text: string) => {
  const pem = parsePem(text);
  return pem.kind === 'blocks' ? pem.blocks : expect.fail(pem.cause);
};
const causeOf = (text: string) => {
  const pem = parsePem(text);
  return pem.kind === 'broken' ? pem.cause : expect.fail('it was read');
};

describe('blocks', () => {
  it('are read one after another, with text around them', () => {
    const text = `A word.\n${one}Another.\n-----BEGIN B2-----\nBAU=\n-----END B2-----\nThe end.`;
    expect(blocksOf(text)).toEqual([block('A KEY', bytes(1, 2, 3)), block('B2', bytes(4, 5))]);
  });

  it.each([
    ['Windows', '\r\n'],
    ['old Macs', '\r'],
    ['an escape', '\\n'],
    ['an escape of Windows', '\\r\\n'],
    ['an escape of old Macs', '\\r'],
    ['a space', ' '],
    ['a tab and a line end', '\t\n'],
    ['nothing', ''],
  ])('may have the line ends of %s', (_name, end) => {
    const text = '-----BEGIN A KEY-----\nAQ\nID\n-----END A KEY-----'.replaceAll('\n', end);
    expect(blocksOf(text)).toEqual([block('A KEY', bytes(1, 2, 3))]);
  });

  it('may have headers', () => {
    const headers = 'Proc-Type: 4,ENCRYPTED\nDEK-Info: DES-EDE3-CBC,0A1b\n\n';
    const text = one.replace('AQID', `${headers}AQID`);
    const expected = block('A KEY', bytes(1, 2, 3), [
      ['proc-type', '4,ENCRYPTED'],
      ['dek-info', 'DES-EDE3-CBC,0A1b'],
    ]);
    expect(blocksOf(text)).toEqual([expected]);
    expect(blocksOf(text.replaceAll('\n', ' '))).toEqual([expected]);
    expect(blocksOf(text.replaceAll('\n', '  '))).toEqual([expected]);
    expect(blocksOf(text.replaceAll(': ', ':').replaceAll('\n', ' '))).toEqual([expected]);
    expect(blocksOf(text.replaceAll(': ', ':  ').replaceAll('\n', ' '))).toEqual([expected]);
  });

  it.each(['\n', '\r\n', '\r', '\\n', '\\r\\n', '\\r'])(
    'may have other headers, in lines that end with %j',
    (end) => {
      const text = one.replace('AQID', 'Some-Word:  of mine  \nAQID').replaceAll('\n', end);
      expect(blocksOf(text)).toEqual([block('A KEY', bytes(1, 2, 3), [['some-word', 'of mine']])]);
    },
  );

  it('may have a header before those of the encryption', () => {
    const headers = 'Comment: x\nProc-Type: 4,ENCRYPTED\nDEK-Info: DES-EDE3-CBC,0A1b\n\n';
    expect(blocksOf(one.replace('AQID', `${headers}AQID`))).toEqual([
      block('A KEY', bytes(1, 2, 3), [
        ['comment', 'x'],
        ['proc-type', '4,ENCRYPTED'],
        ['dek-info', 'DES-EDE3-CBC,0A1b'],
      ]),
    ]);
  });

  it('of which one is broken are broken', () => {
    expect(parsePem(`${one}${one.replace('AQID', 'AQI')}`).kind).toBe('broken');
  });
});

describe('what is broken is told', () => {
  it.each([
    [one.replace('END A', 'END B'), 'name different things'],
    [one.replace('AQID', 'AQI'), 'base64 is damaged'],
    [one.replace('AQID', ''), 'base64 is damaged'],
    [one.replace('AQID', 'A:ID'), 'base64 is damaged'],
    [one.replace('AQID', 'AQID\n1A: x'), 'base64 is damaged'],
    [one.replace('-----END', '--END'), 'cut off'],
    [one.replace('KEY-----\n-----', 'KEY-----').replace(/-----\n$/, '--'), 'has five dashes'],
    [one.replace('-----BEGIN', '--BEGIN'), 'has five dashes'],
    ['', 'cut off'],
  ])('%j', (text, cause) => {
    expect(causeOf(text)).toContain(cause);
  });
});

describe('a block is written', () => {
  it('in lines of 64 characters', () => {
    const text = formatPem('A KEY', new Uint8Array(49));
    expect(text).toBe(`-----BEGIN A KEY-----\n${'A'.repeat(64)}\nAA==\n-----END A KEY-----\n`);
    expect(formatPem('A KEY', bytes(1, 2, 3))).toBe(one);
    expect(formatPem('A KEY', bytes())).toBe('-----BEGIN A KEY-----\n\n-----END A KEY-----\n');
  });

  it('with its headers, and an empty line after them', () => {
    const headers = new Map([
      ['A', '1'],
      ['B', '2'],
    ]);
    expect(formatPem('A KEY', bytes(1, 2, 3), headers)).toBe(
      '-----BEGIN A KEY-----\nA: 1\nB: 2\n\nAQID\n-----END A KEY-----\n',
    );
  });
});
