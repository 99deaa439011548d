import { encodeBase64, encodeBase64Url } from '@oss-envelope/core/adapter';
import { describe, expect, it } from 'vitest';
import { encryptedPair, otherPair, pair } from '../../test/sample-pairs.js';
import { parsePem } from '../keys/pem.js';
import type { RsaKeyInput } from '../keys/rsa-key-input.js';
import { rsaPort as nodePort } from '../port/node/rsa-port.js';
import { rsaPort as webPort } from '../port/web/rsa-port.js';
import { rsaProviderOn } from './rsa-provider.js';

const ports = { node: nodePort, web: webPort };
const passphrase = 'correct horse';
const encrypted = await encryptedPair(passphrase);
const utf8 = new TextEncoder();

function derOf(pem: string): Uint8Array {
  const parsed = parsePem(pem);
  return parsed.kind === 'blocks' ? parsed.blocks[0]!.bytes : expect.fail(parsed.cause);
}
function utf16(text: string): Uint8Array {
  return Uint8Array.from([...`\uFEFF${text}`].flatMap((character) => [character.charCodeAt(0), 0])).map(
    (byte, index) => (index === 1 ? 0xfe : byte),
  );
}
async function jwkText(): Promise<{ publicKey: string; privateKey: string }> {
  const oaep = { name: 'RSA-OAEP', hash: 'SHA-1' };
  const key = await crypto.subtle.importKey('pkcs8', derOf(pair.privateKey) as never, oaep, true, [
    'decrypt',
  ]);
  const { kty, n, e, ...secret } = await crypto.subtle.exportKey('jwk', key);
  return {
    publicKey: JSON.stringify({ kty, n, e }),
    privateKey: JSON.stringify({ kty, n, e, ...secret }, null, 2),
  };
}
const jwk = await jwkText();

/** The same change of both halves. */
type Form = (pem: string, half: 'publicKey' | 'privateKey') => RsaKeyInput;
const forms: readonly (readonly [string, Form])[] = [
  ['line ends of Windows', (pem) => pem.replaceAll('\n', '\r\n')],
  ['line ends of old Macs', (pem) => pem.replaceAll('\n', '\r')],
  ['line ends written as \\n', (pem) => pem.replaceAll('\n', '\\n')],
  ['line ends written as \\r\\n', (pem) => pem.replaceAll('\n', '\\r\\n')],
  ['spaces for line ends', (pem) => pem.replaceAll('\n', ' ')],
  ['no line ends at all', (pem) => pem.replaceAll('\n', '')],
  ['lines that are indented', (pem) => pem.replaceAll('\n', '\n    ')],
  ['a byte order mark and a word before it', (pem) => `\uFEFFkey:\n${pem}`],
  ['quotes of an .env file', (pem) => `"${pem.replaceAll('\n', '\\n')}"`],
  ['base64 of PEM', (pem) => encodeBase64(utf8.encode(pem))],
  ['base64 of PEM in lines', (pem) => encodeBase64(utf8.encode(pem)).replace(/.{76}/g, '$&\n')],
  ['base64 of DER', (pem) => encodeBase64(derOf(pem))],
  ['base64url of DER', (pem) => encodeBase64Url(derOf(pem))],
  ['base64 without its padding', (pem) => encodeBase64(derOf(pem)).replace(/=+$/, '')],
  ['the bytes of a PEM file', (pem) => utf8.encode(pem)],
  ['the Buffer of a PEM file', (pem) => Buffer.from(pem)],
  ['the bytes of a file in UTF-16', (pem) => utf16(pem)],
  ['the bytes of DER', (pem) => derOf(pem)],
  ['an ArrayBuffer of DER', (pem) => Uint8Array.from(derOf(pem)).buffer],
  ['the bytes of base64', (pem) => utf8.encode(encodeBase64(derOf(pem)))],
  ['both halves in one text', () => `${pair.privateKey}${pair.publicKey}`],
  ['both halves in one text, the other way', () => `${pair.publicKey}${pair.privateKey}`],
  ['one key twice in one text', (pem) => `${pem}${pem}`],
  ['a JSON Web Key as text', (_pem, half) => jwk[half]],
  ['base64 of a JSON Web Key', (_pem, half) => encodeBase64(utf8.encode(jwk[half]))],
  ['the bytes of a JSON Web Key', (_pem, half) => utf8.encode(jwk[half])],
];

describe.each(['node', 'web'] as const)('on the %s port', (name) => {
  it.each(forms)('opens a key with %s', async (_name, form) => {
    const provider = rsaProviderOn(ports[name], {
      publicKey: form(pair.publicKey, 'publicKey'),
      privateKey: form(pair.privateKey, 'privateKey'),
    });
    const { key, wrappedKey } = await provider.wrapKey({ format: 'oss-crypto' });
    const request = { format: 'oss-crypto', wrapAlgorithm: 'rsa-oaep-sha1', wrappedKey } as const;
    expect((await provider.unwrapKey(request)).key.bytes).toEqual(key.bytes);
  });

  it('opens an encrypted key in other forms too', async () => {
    const { wrappedKey, key } = await rsaProviderOn(ports[name], { publicKey: encrypted.publicKey }).wrapKey({
      format: 'oss-crypto',
    });
    for (const privateKey of [
      encrypted.privateKey.replaceAll('\n', ' '),
      derOf(encrypted.privateKey),
      encodeBase64(derOf(encrypted.privateKey)),
    ]) {
      const provider = rsaProviderOn(ports[name], { privateKey, passphrase });
      const request = { format: 'oss-crypto', wrapAlgorithm: 'rsa-oaep-sha1', wrappedKey } as const;
      expect((await provider.unwrapKey(request)).key.bytes).toEqual(key.bytes);
    }
  });

  it.each<readonly [string, RsaKeyInput, RegExp]>([
    ['two keys in one text', pair.publicKey + otherPair.publicKey, /^publicKey holds several keys/],
    ['an empty text', ' \n', /^publicKey is an empty text/],
    ['a path', '/etc/keys/public.pem', /not its path/],
    ['a path that could be base64', 'keys/public', /not its path/],
    ['the first line alone', '-----BEGIN PUBLIC KEY-----', /it is cut off: the END line is missing.*quotes/],
    ['a missing end', pair.publicKey.slice(0, 300), /it is cut off: the END line is missing/],
    ['a damaged BEGIN line', pair.publicKey.replace('-----BEGIN', '--BEGIN'), /BEGIN line is damaged/],
    [
      'a damaged END line',
      pair.publicKey.replace('KEY-----\n', 'KEY-----').replace(/-----\n$/, '--'),
      /END line is damaged/,
    ],
    [
      'BEGIN and END of two kinds',
      pair.publicKey.replace('END PUBLIC', 'END RSA PUBLIC'),
      /name different things/,
    ],
    [
      '+ turned into spaces',
      pair.publicKey.replace(/\n(?=M)/, '\nA A'),
      /\+ signs became spaces|does not parse/,
    ],
    ['half of the DER', derOf(pair.publicKey).slice(0, 100), /it is DER that is damaged, or incomplete/],
    [
      'base64 of half of the DER',
      encodeBase64(derOf(pair.publicKey).slice(0, 99)),
      /base64 of a key that is damaged/,
    ],
    ['broken JSON', jwk.publicKey.slice(0, -5), /it looks like JSON and is not/],
    [
      'JSON that holds something else',
      JSON.stringify({ publicKey: 'keys/public' }),
      /JSON but no JSON Web Key/,
    ],
    ['a key set', JSON.stringify({ keys: [JSON.parse(jwk.publicKey)] }), /JSON but no JSON Web Key/],
    ['a JWK of another kind', '{"kty":"EC"}', /not an RSA key/],
    ['a JWK without n', '{"kty":"RSA","e":"AQAB"}', /it has not all of n and e/],
    ['the private half, as DER', derOf(pair.privateKey), /^publicKey is a private key/],
    [
      'random bytes',
      crypto.getRandomValues(new Uint8Array(300)).fill(1, 0, 1),
      /not its path|does not parse/,
    ],
  ])('explains %s', async (_name, publicKey, message) => {
    const written = (async () =>
      rsaProviderOn(ports[name], { publicKey }).wrapKey({ format: 'oss-crypto' }))();
    const failure = await written.catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'ERR_MASTER_KEY', message: expect.stringMatching(message) });
    expect((failure as Error).message).not.toMatch(/[A-Za-z0-9+/_-]{40}/);
  });
});
