import { InvalidArgumentError } from '@oss-envelope/core';
import { Encrypter } from 'age-encryption';
import { describe, expect, it, vi } from 'vitest';
import { generateAgeIdentity } from './age-identity.js';
import { parseRecipients } from './recipients.js';

const [classic, other] = [
  await generateAgeIdentity({ kind: 'x25519' }),
  await generateAgeIdentity({ kind: 'x25519' }),
];
const [hybrid, otherHybrid] = [await generateAgeIdentity(), await generateAgeIdentity()];
const parse = (input: unknown): readonly string[] => parseRecipients('recipients', input as string);

describe('recipients', () => {
  it.each<[string, unknown, string[]]>([
    ['one of X25519', classic.recipient, [classic.recipient]],
    ['one that is post-quantum', hybrid.recipient, [hybrid.recipient]],
    ['a list', [classic.recipient, other.recipient], [classic.recipient, other.recipient]],
    ['one twice', [hybrid.recipient, hybrid.recipient], [hybrid.recipient]],
    [
      'the text of a file',
      `# the team\r\n${hybrid.recipient}\r\n\r\n  ${otherHybrid.recipient}  \n# end`,
      [hybrid.recipient, otherHybrid.recipient],
    ],
  ])('%s', (_, input, expected) => {
    expect(parse(input)).toEqual(expected);
  });

  it('each is checked once, however often it is in a file', () => {
    const checking = vi.spyOn(Encrypter.prototype, 'addRecipient');
    try {
      expect(parse(`${hybrid.recipient}\n`.repeat(100))).toEqual([hybrid.recipient]);
      expect(checking).toHaveBeenCalledTimes(1);
    } finally {
      checking.mockRestore();
    }
  });

  it.each<[string, unknown, string, RegExp]>([
    ['no text', 7, 'recipients', /must be the text/],
    ['null', null, 'recipients', /must be the text/],
    ['an empty list', [], 'recipients', /must not be an empty list/],
    ['an empty text', '', 'recipients', /holds no key/],
    ['a file of comments', '# one\n# two\n', 'recipients', /holds no key/],
    ['something else', 'someone@example.com', 'recipients', /^recipients is not an age recipient/],
    ['a recipient in capitals', classic.recipient.toUpperCase(), 'recipients', /small letters/],
    [
      'another last letter',
      `${classic.recipient.slice(0, -1)}1`,
      'recipients',
      /plugin|not an age recipient/,
    ],
    ['a recipient that was cut', hybrid.recipient.slice(0, -5), 'recipients', /is not an age recipient/],
    ['the second of a list', [classic.recipient, 'age1x'], 'recipients[1]', /^recipients\[1\] is not an age/],
    [
      'a line of a file',
      `# one\n${classic.recipient}\nage1x\n`,
      'recipients',
      /has in line 3 what is not an age/,
    ],
    ['an identity', classic.identity, 'recipients', /is an identity, which is a secret/],
    ['a passkey', 'AGE-PLUGIN-FIDO2PRF-1QYPS', 'recipients', /is a passkey: pass it as passkey/],
    [
      'a plugin',
      'age1yubikey1qwt50d05nh5vutpdzmlg5wn80xq5negm4uj9ghv0snvdd3yysf5yw3rhl3t',
      'recipients',
      /plugin/,
    ],
    [
      'a hardware tag',
      'age1tag1qwe0kafsjrar4txm6heqnhpfuggzr0gvznz7fvygxrlq90u5mq2pysxtw6h',
      'recipients',
      /plugin/,
    ],
    ['an SSH key', 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI', 'recipients', /is an SSH key/],
    [
      'post-quantum ones beside others',
      [hybrid.recipient, classic.recipient],
      'recipients',
      /must be all post-quantum/,
    ],
    ['far too much', 'x'.repeat(300_000), 'recipients', /is too long for age recipients/],
    ...['AGE-SECRET-KEY-', 'AGE-PLUGIN-FIDO2PRF-1', 'ssh-', 'age-encryption.org'].map(
      (beginning): [string, unknown, string, RegExp] => [
        `text that has ${beginning} within`,
        `x ${beginning}`,
        'recipients',
        /^recipients is not an age recipient: /,
      ],
    ),
    ['a plugin within', 'age1x-age1tag1q', 'recipients', /^recipients is not an age recipient: /],
    ['far too many', `${classic.recipient}\n`.repeat(1001), 'recipients', /too long/],
  ])('refuses %s', (_, input, argument, message) => {
    expect(() => parse(input)).toThrow(InvalidArgumentError);
    expect(() => parse(input)).toThrow(message);
    expect(() => parse(input)).toThrow(expect.objectContaining({ argument }));
  });
});
