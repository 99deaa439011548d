import {
  type CounterFormatName,
  type FormatName,
  type KeyProvider,
  SecretBytes,
  type UnwrappedKey,
  type WrapAlgorithm,
  type WrappedKey,
} from '@oss-envelope/core';
import {
  areSameBytes,
  assert,
  assertEqual,
  assertRejects,
  assertSameBytes,
  codeOf,
  rejectionOf,
} from './assertion.js';
import type { CaseOutcome, ConformanceCase } from './conformance-case.js';
import type { ProviderSubject } from './provider-subject.js';
import { asView, concatBytes, containsBytes, sampleBytes, withFlippedBit } from './sample-bytes.js';

const counterFormats: readonly CounterFormatName[] = ['oss-crypto', 'client-side-encryption'];
const formatNames: readonly FormatName[] = [...counterFormats, 'sealed'];

/** A key, and in counter mode a start value too, wrapped by one call. */
type Wrapped = Pick<WrappedKey, 'wrappedKey' | 'wrappedStart'>;

/** What a case of one format works with. */
interface Bench {
  readonly subject: ProviderSubject;
  readonly format: FormatName;
  readonly provider: KeyProvider;
  readonly wrapAlgorithm: WrapAlgorithm;
  /** A start value as the format has it for this wrap algorithm; undefined in `'sealed'`, which has none. */
  readonly start: Uint8Array<ArrayBuffer> | undefined;
  /** Whether a wrong key may give noise. */
  readonly opensAsNoise: boolean;
}

/** `wraps`: the case only writes, so it must pass even where this runtime cannot unwrap. */
type Kind = 'wraps' | 'unwraps';

function formatCase(
  format: FormatName,
  name: string,
  kind: Kind,
  run: (bench: Bench) => Promise<void>,
): ConformanceCase<ProviderSubject> {
  return {
    name: `${format}: ${name}`,
    unless: (subject) =>
      writesFormat(subject, format) ? undefined : `the provider does not write '${format}'`,
    async run(subject): Promise<CaseOutcome> {
      const bench = await openBench(subject, format);
      if (kind === 'wraps' || !subject.traits?.refusesToUnwrap?.includes(bench.wrapAlgorithm)) {
        await run(bench);
        return 'passed';
      }
      const created = await create(bench);
      const what = `unwrapping '${bench.wrapAlgorithm}'`;
      await assertRejects(() => unwrap(bench, created), 'ERR_ALGORITHM_NOT_SUPPORTED', what);
      return 'refused';
    },
  };
}

function writesFormat(subject: ProviderSubject, format: FormatName): boolean {
  return (subject.traits?.formats ?? formatNames).includes(format);
}

async function openBench(subject: ProviderSubject, format: FormatName): Promise<Bench> {
  const provider = await subject.createProvider();
  const wrapAlgorithm = provider.wraps[format];
  assert(wrapAlgorithm !== undefined, `wraps['${format}'] must name a wrap algorithm`);
  return {
    subject,
    format,
    provider,
    wrapAlgorithm,
    start: sampleStart(format, wrapAlgorithm),
    opensAsNoise: subject.traits?.opensAsNoise?.includes(wrapAlgorithm) ?? false,
  };
}

/** Decimal digits in the documented format, four of them under KMS; a counter block in the current one. */
function sampleStart(
  format: FormatName,
  wrapAlgorithm: WrapAlgorithm,
  seed = 1,
): Uint8Array<ArrayBuffer> | undefined {
  if (format === 'sealed') return undefined;
  if (format === 'client-side-encryption') return sampleBytes(16, seed);
  const number = wrapAlgorithm === 'kms' ? 1000 + seed : 1 + (seed % 10);
  return new TextEncoder().encode(String(number));
}

function create(bench: Bench, signal?: AbortSignal): Promise<WrappedKey> {
  return createWith(bench, bench.start?.slice(), signal);
}

async function createWith(
  { format, provider }: Bench,
  start: Uint8Array | undefined,
  signal?: AbortSignal,
): Promise<WrappedKey> {
  const created = await provider.wrapKey({ format, start, signal });
  assertEqual(
    created.wrappedStart !== undefined,
    start !== undefined,
    'whether a start value is wrapped beside the key, as the request has one',
  );
  return created;
}

async function unwrap(
  bench: Bench,
  { wrappedKey, wrappedStart }: Wrapped,
  by: KeyProvider = bench.provider,
  signal?: AbortSignal,
): Promise<UnwrappedKey> {
  const { format, wrapAlgorithm } = bench;
  const opened = await by.unwrapKey({ format, wrapAlgorithm, wrappedKey, wrappedStart, signal });
  assertEqual(
    opened.start !== undefined,
    wrappedStart !== undefined,
    'whether a start value is opened beside the key, as the request has one',
  );
  return opened;
}

/** Both are there, or neither is; `unwrap` sees to that. */
function assertSameStart(
  found: Uint8Array | undefined,
  expected: Uint8Array | undefined,
  what: string,
): void {
  if (found !== undefined && expected !== undefined) assertSameBytes(found, expected, what);
}

/** Refused with the one error that says nothing, or, where the traits allow it, opened as something else. */
async function assertNotOpened(
  bench: Bench,
  created: WrappedKey,
  wrapped: Wrapped,
  what: string,
  by: KeyProvider = bench.provider,
): Promise<void> {
  if (!bench.opensAsNoise) {
    await assertUnwrapError(() => unwrap(bench, wrapped, by), what, bench.subject.traits?.namesMasterKey);
    return;
  }
  let opened: UnwrappedKey;
  try {
    opened = await unwrap(bench, wrapped, by);
  } catch (error) {
    assertEqual(codeOf(error), 'ERR_KEY_UNWRAP_FAILED', `the code of the error for ${what}`);
    return;
  }
  const isSame =
    areSameBytes(opened.key.bytes, created.key.bytes) &&
    (opened.start === undefined || bench.start === undefined || areSameBytes(opened.start, bench.start));
  assert(!isSame, `${what} must not open to what was wrapped`);
}

async function assertUnwrapError(
  call: () => Promise<unknown>,
  what: string,
  namesMasterKey = false,
): Promise<void> {
  const codes = ['ERR_KEY_UNWRAP_FAILED', ...(namesMasterKey ? (['ERR_SERVICE'] as const) : [])] as const;
  const error = await assertRejects(call, codes, what);
  assert(error.cause === undefined, `the error for ${what} must have no cause: it would say why`);
}

/** S14 knows a wrapping key that is given, as little as the counter formats do: the provider wraps it, or says no. */
async function assertGivenKeyServed(bench: Bench, start: Uint8Array | undefined): Promise<void> {
  const { provider, format, wrapAlgorithm } = bench;
  const bytes = sampleBytes(32, 7);
  const key = new SecretBytes(bytes.slice());
  const wrap = (): Promise<WrappedKey> => provider.wrapKey({ format, key, start });
  if (bench.subject.traits?.wrapsOwnKeysOnly?.includes(format)) {
    await assertRejects(wrap, 'ERR_MASTER_KEY', 'wrapping a key that the provider did not make');
    return;
  }
  const { key: wrapped, wrappedKey, wrappedStart } = await wrap();
  assertSameBytes(key.bytes, bytes, "the caller's key after the call");
  assertSameBytes(wrapped.bytes, bytes, 'the key that was wrapped');
  const opened = await provider.unwrapKey({ format, wrapAlgorithm, wrappedKey, wrappedStart });
  assertSameBytes(opened.key.bytes, bytes, 'the unwrapped key');
}

function casesOf(format: FormatName): ConformanceCase<ProviderSubject>[] {
  return [
    formatCase(format, 'what is wrapped is unwrapped', 'unwraps', async (bench) => {
      const created = await create(bench);
      const opened = await unwrap(bench, created);
      assertSameBytes(opened.key.bytes, created.key.bytes, 'the unwrapped data key');
      assertSameStart(opened.start, bench.start, 'the unwrapped start value');
    }),
    formatCase(format, 'another instance under the same master key unwraps it', 'unwraps', async (bench) => {
      const created = await create(bench);
      const opened = await unwrap(bench, created, await bench.subject.createProvider());
      assertSameBytes(opened.key.bytes, created.key.bytes, 'the unwrapped data key');
      assertSameStart(opened.start, bench.start, 'the unwrapped start value');
    }),
    formatCase(format, 'a key is wrapped and unwrapped without a start value', 'unwraps', async (bench) => {
      const created = await bench.provider.wrapKey({ format });
      assertEqual(created.wrappedStart, undefined, 'the wrapped start value of a request without one');
      const { wrapAlgorithm } = bench;
      const { wrappedKey } = created;
      const opened = await bench.provider.unwrapKey({ format, wrapAlgorithm, wrappedKey });
      assertSameBytes(opened.key.bytes, created.key.bytes, 'the unwrapped data key');
      assertEqual(opened.start, undefined, 'the start value of a request without one');
    }),
    formatCase(format, 'a given key is wrapped as it is, or refused', 'unwraps', async (bench) => {
      await assertGivenKeyServed(bench, bench.start?.slice());
    }),
    formatCase(format, 'a wrap algorithm that it does not know is refused', 'wraps', async (bench) => {
      const created = await create(bench);
      const call = (): Promise<unknown> => unwrap({ ...bench, wrapAlgorithm: 'constructor' }, created);
      await assertRejects(call, 'ERR_ALGORITHM_NOT_SUPPORTED', 'an unknown wrap algorithm');
    }),
    formatCase(format, 'a data key has 32 bytes and is not zero', 'wraps', async (bench) => {
      const { key } = await create(bench);
      assertEqual(key.bytes.length, 32, 'the length of a data key in bytes');
      assert(
        key.bytes.some((byte) => byte !== 0),
        'a data key must be random',
      );
    }),
    formatCase(format, 'every data key is fresh', 'wraps', async (bench) => {
      const all = [await create(bench), await create(bench), await create(bench)];
      const keys = new Set(all.map(({ key }) => String(key.bytes)));
      assertEqual(keys.size, all.length, 'the number of different data keys in three calls');
      const wrapped = new Set(all.map(({ wrappedKey }) => String(wrappedKey)));
      assertEqual(wrapped.size, all.length, 'the number of different wrapped keys in three calls');
    }),
    formatCase(format, 'the data key is not to be seen in what is wrapped', 'wraps', async (bench) => {
      const { key, wrappedKey, wrappedStart } = await create(bench);
      const stored = concatBytes([wrappedKey, wrappedStart ?? new Uint8Array()]);
      assert(!containsBytes(stored, key.bytes), 'the wrapped bytes must not contain the data key');
    }),
    formatCase(format, 'a data key is not shown by JSON or in a string', 'wraps', async (bench) => {
      const created = await create(bench);
      const shown = `${JSON.stringify(created.key)} ${String(created.key)}`;
      const bytes = [...created.key.bytes];
      const hex = bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('');
      for (const form of [bytes.join(','), hex, btoa(String.fromCharCode(...bytes))]) {
        assert(!shown.includes(form), 'the text of a data key must not show its bytes');
      }
    }),
    formatCase(format, "the caller's bytes are neither changed nor kept", 'unwraps', async (bench) => {
      const start = bench.start && asView(bench.start);
      const created = await createWith(bench, start);
      assertSameStart(start, bench.start, "the caller's start value after the call");
      start?.fill(0x39);
      const key = created.key.bytes.slice();
      const wrappedKey = asView(created.wrappedKey);
      const wrappedStart = created.wrappedStart && asView(created.wrappedStart);
      const opened = await unwrap(bench, { wrappedKey, wrappedStart });
      assertSameBytes(wrappedKey, created.wrappedKey, "the caller's wrapped key after the call");
      assertSameStart(wrappedStart, created.wrappedStart, "the caller's wrapped start value after the call");
      wrappedKey.fill(0);
      wrappedStart?.fill(0);
      assertSameBytes(opened.key.bytes, key, 'the unwrapped data key');
      assertSameStart(opened.start, bench.start, 'the unwrapped start value');
    }),
    formatCase(format, "what is handed out is the caller's own", 'unwraps', async (bench) => {
      const created = await create(bench);
      const key = created.key.bytes.slice();
      const first = await unwrap(bench, created);
      first.start?.fill(0);
      const second = await unwrap(bench, created);
      assertSameBytes(second.key.bytes, key, 'the data key, unwrapped again');
      assertSameStart(second.start, bench.start, 'the start value, unwrapped again');
    }),
    formatCase(format, 'eight calls at once do not mix', 'unwraps', async (bench) => {
      await Promise.all(
        Array.from({ length: 8 }, async (_, index) => {
          const own = { ...bench, start: sampleStart(format, bench.wrapAlgorithm, index + 2) };
          const created = await create(own);
          const opened = await unwrap(own, created);
          assertSameBytes(opened.key.bytes, created.key.bytes, 'the unwrapped data key');
          assertSameStart(opened.start, own.start, 'the unwrapped start value');
        }),
      );
    }),
    formatCase(format, 'another master key does not open it', 'unwraps', async (bench) => {
      const created = await create(bench);
      const other = await bench.subject.createOtherProvider();
      await assertNotOpened(bench, created, created, 'a key under another master key', other);
    }),
    formatCase(format, 'a changed wrapped key does not open', 'unwraps', async (bench) => {
      const created = await create(bench);
      const last = created.wrappedKey.length - 1;
      for (const offset of [0, last >> 1, last]) {
        const wrappedKey = withFlippedBit(created.wrappedKey, offset);
        const what = `a wrapped key with another bit at offset ${offset}`;
        await assertNotOpened(bench, created, { ...created, wrappedKey }, what);
      }
    }),
    formatCase(
      format,
      'wrapped bytes that are cut, too long or too few are refused',
      'unwraps',
      async (bench) => {
        const created = await create(bench);
        const spoilt: readonly (readonly [string, (bytes: Uint8Array) => Uint8Array])[] = [
          ['cut', (bytes) => bytes.slice(0, -1)],
          ['long', (bytes) => concatBytes([bytes, Uint8Array.of(0)])],
          ['one', () => Uint8Array.of(1)],
        ];
        for (const [what, spoil] of spoilt) {
          const wrappedKey = spoil(created.wrappedKey);
          await assertUnwrapError(
            () => unwrap(bench, { ...created, wrappedKey }),
            `${what} wrapped key bytes`,
          );
          if (created.wrappedStart === undefined) continue;
          const wrappedStart = spoil(created.wrappedStart);
          await assertUnwrapError(
            () => unwrap(bench, { ...created, wrappedStart }),
            `${what} wrapped start bytes`,
          );
        }
      },
    ),
    formatCase(format, 'every unwrap failure reads the same', 'unwraps', async (bench) => {
      const created = await create(bench);
      const few = Uint8Array.of(1);
      const short = created.wrappedKey.slice(0, -1);
      const a = await rejectionOf(
        () => unwrap(bench, { ...created, wrappedKey: few }),
        'a wrapped key of one byte',
      );
      const b = await rejectionOf(
        () => unwrap(bench, { ...created, wrappedKey: short }),
        'a cut wrapped key',
      );
      assert(a instanceof Error && b instanceof Error, 'an unwrap failure must be an Error');
      assertEqual(b.message, a.message, 'the message of every unwrap failure');
    }),
    formatCase(format, 'wrapKey rejects with the reason of an abort', 'wraps', async (bench) => {
      const reason = new Error('enough');
      const error = await rejectionOf(() => create(bench, AbortSignal.abort(reason)), 'an aborted call');
      assert(error === reason, "an aborted call must reject with the signal's reason");
    }),
    formatCase(format, 'unwrapKey rejects with the reason of an abort', 'unwraps', async (bench) => {
      const created = await create(bench);
      const reason = new Error('enough');
      const signal = AbortSignal.abort(reason);
      const call = (): Promise<unknown> => unwrap(bench, created, bench.provider, signal);
      const error = await rejectionOf(call, 'an aborted call');
      assert(error === reason, "an aborted call must reject with the signal's reason");
    }),
    formatCase(format, 'an abort under way gives its reason, or comes too late', 'wraps', async (bench) => {
      const reason = new Error('enough');
      const controller = new AbortController();
      const call = create(bench, controller.signal).catch((error: unknown) => error);
      controller.abort(reason);
      const result = await call;
      assert(
        result === reason || !(result instanceof Error),
        "a call that is aborted under way must not reject with anything but the signal's reason",
      );
    }),
    {
      ...formatCase(
        format,
        'a provider that only writes wraps for one that reads',
        'unwraps',
        async (bench) => {
          const writer = await bench.subject.createWriteOnlyProvider?.();
          assert(writer !== undefined, 'createWriteOnlyProvider must give a provider');
          assertEqual(
            writer.wraps[format],
            bench.wrapAlgorithm,
            `wraps['${format}'] of a provider that only writes`,
          );
          assertEqual(
            writer.unwraps.length,
            0,
            'the number of algorithms that a write-only provider unwraps',
          );
          const created = await create({ ...bench, provider: writer });
          const opened = await unwrap(bench, created);
          assertSameBytes(opened.key.bytes, created.key.bytes, 'the unwrapped data key');
          const what = 'unwrapping without the means';
          await assertRejects(() => unwrap(bench, created, writer), 'ERR_MASTER_KEY', what);
        },
      ),
      unless: (subject) => {
        if (!writesFormat(subject, format)) return `the provider does not write '${format}'`;
        return subject.createWriteOnlyProvider ? undefined : 'there is no provider that only writes';
      },
    },
    {
      ...formatCase(
        format,
        'a provider that only reads unwraps and does not wrap',
        'unwraps',
        async (bench) => {
          const reader = await bench.subject.createReadOnlyProvider?.();
          assert(reader !== undefined, 'createReadOnlyProvider must give a provider');
          assertEqual(reader.wraps[format], undefined, `wraps['${format}'] of a provider that only reads`);
          const created = await create(bench);
          const opened = await unwrap(bench, created, reader);
          assertSameBytes(opened.key.bytes, created.key.bytes, 'the unwrapped data key');
          const what = 'wrapping without the means';
          await assertRejects(() => create({ ...bench, provider: reader }), 'ERR_MASTER_KEY', what);
        },
      ),
      unless: (subject) => {
        if (!writesFormat(subject, format)) return `the provider does not write '${format}'`;
        return subject.createReadOnlyProvider ? undefined : 'there is no provider that only reads';
      },
    },
  ];
}

/** In counter mode a start value is wrapped too. */
const counterCasesOf = (format: CounterFormatName): readonly ConformanceCase<ProviderSubject>[] => [
  formatCase(format, 'a changed wrapped start value does not open', 'unwraps', async (bench) => {
    const created = await create(bench);
    const { wrappedStart: good = new Uint8Array() } = created;
    const last = good.length - 1;
    for (const offset of [0, last >> 1, last]) {
      const wrappedStart = withFlippedBit(good, offset);
      const what = `a wrapped start value with another bit at offset ${offset}`;
      await assertNotOpened(bench, created, { ...created, wrappedStart }, what);
    }
  }),
];

/** A wrapping key of the sealed format, wrapped by one call. */
async function wrapForSealing(bench: Bench): Promise<WrappedKey> {
  const created = await bench.provider.wrapKey({ format: 'sealed' });
  assertEqual(created.key.bytes.length, 32, 'the length of the wrapping key in bytes');
  return created;
}

const sealedProviderCases: readonly ConformanceCase<ProviderSubject>[] = [
  sealedCase("wrapping keys are the caller's own, who overwrites them", 'unwraps', async (bench) => {
    const { provider, wrapAlgorithm } = bench;
    const { key, wrappedKey } = await wrapForSealing(bench);
    const bytes = key.bytes.slice();
    key.bytes.fill(0);
    assert(
      (await wrapForSealing(bench)).key.bytes.some((byte) => byte !== 0),
      'a key that is made after the caller overwrote one must not be zero',
    );
    const request = { format: 'sealed', wrapAlgorithm, wrappedKey } as const;
    const first = await provider.unwrapKey(request);
    assertSameBytes(first.key.bytes, bytes, 'the unwrapped wrapping key');
    first.key.bytes.fill(0);
    const second = await provider.unwrapKey(request);
    assertSameBytes(second.key.bytes, bytes, 'the wrapping key, unwrapped again');
  }),
  {
    ...sealedCase('a wrapping key opens under no other context', 'unwraps', async (bench) => {
      const { provider, wrapAlgorithm } = bench;
      const context = { tenant: '7', größe: '☃ "groß"' };
      const { key, wrappedKey } = await provider.wrapKey({ format: 'sealed', context });
      const open = (other: Readonly<Record<string, string>> | undefined): Promise<UnwrappedKey> =>
        provider.unwrapKey({ format: 'sealed', wrapAlgorithm, wrappedKey, context: other });
      // The order of the pairs is no matter.
      const opened = await open({ größe: '☃ "groß"', tenant: '7' });
      assertSameBytes(opened.key.bytes, key.bytes, 'the unwrapped wrapping key');
      for (const other of [
        undefined,
        {},
        { tenant: '7' },
        { ...context, tenant: '8' },
        { ...context, more: '' },
      ]) {
        await assertUnwrapError(() => open(other), `the context ${JSON.stringify(other)}`);
      }
    }),
    unless: (subject) => {
      if (!writesFormat(subject, 'sealed')) return "the provider does not write 'sealed'";
      return subject.traits?.bindsContext ? undefined : 'the provider does not bind contexts';
    },
  },
  sealedCase(
    'a wrapped key of another format does not open in it, nor the reverse',
    'unwraps',
    async (bench) => {
      const { subject, provider, wrapAlgorithm } = bench;
      const { wrappedKey } = await wrapForSealing(bench);
      for (const format of counterFormats) {
        const algorithm = provider.wraps[format];
        // A wrong key may give noise there, which cannot be told from a key.
        if (algorithm === undefined || subject.traits?.opensAsNoise?.includes(algorithm)) continue;
        if (subject.traits?.refusesToUnwrap?.includes(algorithm)) continue;
        const start = sampleStart(format, algorithm);
        const created = await provider.wrapKey({ format, start });
        await assertRejects(
          () => provider.unwrapKey({ format: 'sealed', wrapAlgorithm, wrappedKey: created.wrappedKey }),
          'ERR_KEY_UNWRAP_FAILED',
          `a wrapped key of '${format}' as one of 'sealed'`,
        );
        await assertRejects(
          () => provider.unwrapKey({ format, wrapAlgorithm: algorithm, wrappedKey }),
          'ERR_KEY_UNWRAP_FAILED',
          `a wrapped key of 'sealed' as one of '${format}'`,
        );
      }
    },
  ),
];

function sealedCase(
  name: string,
  kind: Kind,
  run: (bench: Bench) => Promise<void>,
): ConformanceCase<ProviderSubject> {
  return formatCase('sealed', name, kind, run);
}

const derivedSecretCase: ConformanceCase<ProviderSubject> = {
  name: 'it derives a secret for each purpose, which nobody has who only wraps',
  unless: (subject) => (subject.traits?.derivesSecret ? undefined : 'the provider derives no secret'),
  async run(subject): Promise<CaseOutcome> {
    const derive = async (
      provider: KeyProvider | Promise<KeyProvider> | undefined,
      purpose: string,
    ): Promise<Uint8Array | undefined> => {
      const secret = await (await provider)?.deriveSecret?.(purpose);
      return secret?.bytes;
    };
    const secret = (await derive(subject.createProvider(), 'one')) ?? new Uint8Array();
    assertEqual(secret.length, 32, 'the length of a derived secret in bytes');
    const again = (await derive(subject.createProvider(), 'one')) ?? new Uint8Array();
    assertSameBytes(again, secret, 'a secret that is derived again');
    for (const [what, other] of [
      ['another purpose', await derive(subject.createProvider(), 'two')],
      ['another master key', await derive(subject.createOtherProvider(), 'one')],
    ] as const) {
      assert(other?.length === 32 && !areSameBytes(other, secret), `${what} must give another secret`);
    }
    const reader = subject.createReadOnlyProvider && (await derive(subject.createReadOnlyProvider(), 'one'));
    if (reader !== undefined) assertSameBytes(reader, secret, 'the secret of a provider that only reads');
    const writer = await derive(subject.createWriteOnlyProvider?.(), 'one');
    assertEqual(writer, undefined, 'the secret of a provider that only writes');
    return 'passed';
  },
};

/** What every key provider must do, in each format that it writes. */
export const providerCases: readonly ConformanceCase<ProviderSubject>[] = [
  derivedSecretCase,
  {
    name: 'it says which formats, algorithms and material description it serves',
    async run(subject): Promise<CaseOutcome> {
      const provider = await subject.createProvider();
      const { materialDescription, wraps, unwraps, bindsContext = false } = provider;
      assertEqual(
        typeof provider.deriveSecret === 'function',
        subject.traits?.derivesSecret ?? false,
        'whether it derives secrets',
      );
      assertEqual(bindsContext, subject.traits?.bindsContext ?? false, 'whether it binds contexts');
      for (const [name, value] of Object.entries(materialDescription)) {
        assertEqual(typeof value, 'string', `the type of the material description's '${name}'`);
      }
      for (const format of formatNames) {
        const algorithm = wraps[format];
        assertEqual(algorithm !== undefined, writesFormat(subject, format), `whether '${format}' is written`);
        if (algorithm === undefined) continue;
        assert(unwraps.includes(algorithm), `unwraps must have '${algorithm}', which is written`);
      }
      for (const algorithm of [...Object.values(wraps), ...unwraps]) {
        assert(
          typeof algorithm === 'string' && algorithm !== '',
          'the name of a wrap algorithm must be a text',
        );
      }
      return 'passed';
    },
  },
  ...formatNames.flatMap(casesOf),
  ...counterFormats.flatMap(counterCasesOf),
  ...sealedProviderCases,
];
