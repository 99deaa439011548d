import { z } from 'zod';
import { isBase64 } from '../../common/base64.js';
import { invalidParameter, missingParameter, ServiceError } from '../http/service-error.js';
import { openBlob, parseBlob, sealBlob } from '../storage/ciphertext-blob.js';
import type { KeyStore, MasterKey } from '../storage/key-store.js';
import { canonicalContext } from './encryption-context.js';

/** The members of an answer, without `RequestId`. */
export type ActionAnswer = Record<string, unknown>;

/** A `Decrypt` answer given in advance: the plaintext, and the context it asks for when that matters. */
export type RecordedAnswer = string | { readonly plaintext: string; readonly encryptionContext: string };

/** What an operation works on. */
interface ActionState {
  readonly keys: KeyStore;
  /** `Decrypt` answers by `CiphertextBlob`, looked at before the keys. */
  readonly answers: ReadonlyMap<string, RecordedAnswer>;
  readonly randomBytes: (length: number) => Uint8Array;
  /** Whether `Encrypt` refuses a `Plaintext` that is not base64. */
  readonly requireBase64Plaintext: boolean;
}

/** An operation of the API: takes the request's parameters, gives the members of the answer. */
export type Action = (parameters: ReadonlyMap<string, string>, state: ActionState) => ActionAnswer;

/** The most that `Encrypt` takes: 6 KB of data (KMS documentation, "Encrypt"). */
const maxPlaintextBytes = 6 * 1024;
const maxDataKeyBytes = 1024;
const maxDescriptionCharacters = 8192;
const maxPageSize = 100;
const keySpecBytes = { AES_256: 32, AES_128: 16 } as const;

const keyId = z.string();
const integer = z
  .string()
  .regex(/^\d{1,9}$/)
  .transform(Number);
const encryptionContext = z.string().exactOptional();
const page = {
  PageNumber: integer.pipe(z.number().min(1)).default(1),
  PageSize: integer.pipe(z.number().min(1).max(maxPageSize)).default(10),
};
const dataKey = z.object({
  KeyId: keyId,
  KeySpec: z.enum(['AES_256', 'AES_128']).default('AES_256'),
  NumberOfBytes: integer.pipe(z.number().min(1).max(maxDataKeyBytes)).exactOptional(),
  EncryptionContext: encryptionContext,
});

/** Reads parameters by a schema. An empty parameter counts as absent, as at the real gateway. */
function action<Input extends z.ZodType>(
  schema: Input,
  run: (input: z.output<Input>, state: ActionState) => ActionAnswer,
): Action {
  return (parameters, state) => {
    const given = new Map([...parameters].filter(([, value]) => value !== ''));
    const result = schema.safeParse(Object.fromEntries(given));
    if (result.success) return run(result.data, state);
    const name = String(result.error.issues[0]?.path[0] ?? 'Action');
    throw given.has(name) ? invalidParameter(name) : missingParameter(name);
  };
}

function keyAction(run: (reference: string, keys: KeyStore) => ActionAnswer): Action {
  return action(z.object({ KeyId: keyId }), (input, { keys }) => run(input.KeyId, keys));
}

function makeDataKey(input: z.output<typeof dataKey>, state: ActionState): ActionAnswer {
  const context = canonicalContext(input.EncryptionContext);
  const version = state.keys.primaryVersion(input.KeyId);
  const lengthBytes = input.NumberOfBytes ?? keySpecBytes[input.KeySpec];
  const plaintext = Buffer.from(state.randomBytes(lengthBytes)).toString('base64');
  return {
    KeyId: version.keyId,
    KeyVersionId: version.id,
    Plaintext: plaintext,
    CiphertextBlob: sealBlob(version, plaintext, context, state.randomBytes),
  };
}

function plaintextBytes(plaintext: string): number {
  return Buffer.byteLength(plaintext, isBase64(plaintext) ? 'base64' : 'utf8');
}

function timestamp(date: Date | undefined): string {
  return date === undefined ? '' : date.toISOString().replace(/\.\d{3}Z$/, 'Z');
}

function keyMetadata(key: MasterKey): ActionAnswer {
  const creator = /^acs:kms:[^:]*:([^:]*):/.exec(key.arn)?.[1] ?? '';
  return {
    KeyMetadata: {
      KeyId: key.keyId,
      Arn: key.arn,
      Description: key.description,
      KeyState: key.state,
      KeySpec: 'Aliyun_AES_256',
      KeyUsage: 'ENCRYPT/DECRYPT',
      Origin: 'Aliyun_KMS',
      ProtectionLevel: 'SOFTWARE',
      AutomaticRotation: 'Disabled',
      Creator: creator,
      CreationDate: timestamp(key.createdAt),
      DeleteDate: timestamp(key.deleteAt),
      MaterialExpireTime: '',
      PrimaryKeyVersion: key.primaryVersionId,
    },
  };
}

function paged<Item>(
  items: readonly Item[],
  { PageNumber, PageSize }: { PageNumber: number; PageSize: number },
): { fields: ActionAnswer; items: Item[] } {
  const start = (PageNumber - 1) * PageSize;
  return {
    fields: { TotalCount: items.length, PageNumber, PageSize },
    items: items.slice(start, start + PageSize),
  };
}

function listAliases(
  reference: string | undefined,
  pageOf: { PageNumber: number; PageSize: number },
  keys: KeyStore,
): ActionAnswer {
  const { fields, items } = paged(keys.listAliases(reference), pageOf);
  return {
    ...fields,
    Aliases: {
      Alias: items.map((alias) => ({ KeyId: alias.keyId, AliasName: alias.name, AliasArn: alias.arn })),
    },
  };
}

/** The operations of KMS API 2016-01-20 that the local KMS has, by the name in `Action` or `x-acs-action`. */
export const actions: ReadonlyMap<string, Action> = new Map<string, Action>([
  [
    'CreateKey',
    action(
      z.object({
        Description: z.string().max(maxDescriptionCharacters).default(''),
        KeyUsage: z.literal('ENCRYPT/DECRYPT').exactOptional(),
        KeySpec: z.literal('Aliyun_AES_256').exactOptional(),
        Origin: z.literal('Aliyun_KMS').exactOptional(),
      }),
      (input, { keys }) => keyMetadata(keys.create(input.Description)),
    ),
  ],
  [
    'ListKeys',
    action(z.object(page), (input, { keys }) => {
      const { fields, items } = paged(keys.list(), input);
      return { ...fields, Keys: { Key: items.map((key) => ({ KeyId: key.keyId, KeyArn: key.arn })) } };
    }),
  ],
  ['DescribeKey', keyAction((reference, keys) => keyMetadata(keys.describe(reference)))],
  [
    'EnableKey',
    keyAction((reference, keys) => {
      keys.enable(reference);
      return {};
    }),
  ],
  [
    'DisableKey',
    keyAction((reference, keys) => {
      keys.disable(reference);
      return {};
    }),
  ],
  [
    'ScheduleKeyDeletion',
    action(
      z.object({ KeyId: keyId, PendingWindowInDays: integer.pipe(z.number().min(7).max(366)).default(30) }),
      (input, { keys }) => {
        keys.scheduleDeletion(input.KeyId, input.PendingWindowInDays);
        return {};
      },
    ),
  ],
  [
    'CancelKeyDeletion',
    keyAction((reference, keys) => {
      keys.cancelDeletion(reference);
      return {};
    }),
  ],
  [
    'CreateAlias',
    action(z.object({ AliasName: z.string(), KeyId: keyId }), (input, { keys }) => {
      keys.createAlias(input.AliasName, input.KeyId);
      return {};
    }),
  ],
  [
    'UpdateAlias',
    action(z.object({ AliasName: z.string(), KeyId: keyId }), (input, { keys }) => {
      keys.updateAlias(input.AliasName, input.KeyId);
      return {};
    }),
  ],
  [
    'DeleteAlias',
    action(z.object({ AliasName: z.string() }), (input, { keys }) => {
      keys.deleteAlias(input.AliasName);
      return {};
    }),
  ],
  ['ListAliases', action(z.object(page), (input, { keys }) => listAliases(undefined, input, keys))],
  [
    'ListAliasesByKeyId',
    action(z.object({ KeyId: keyId, ...page }), (input, { keys }) => listAliases(input.KeyId, input, keys)),
  ],
  ['GenerateDataKey', action(dataKey, makeDataKey)],
  [
    'GenerateDataKeyWithoutPlaintext',
    action(dataKey, (input, state) => {
      const { Plaintext: _withheld, ...answer } = makeDataKey(input, state);
      return answer;
    }),
  ],
  [
    'Encrypt',
    action(
      z.object({ KeyId: keyId, Plaintext: z.string(), EncryptionContext: encryptionContext }),
      (input, state) => {
        if (state.requireBase64Plaintext && !isBase64(input.Plaintext)) throw invalidParameter('Plaintext');
        if (plaintextBytes(input.Plaintext) > maxPlaintextBytes) throw invalidParameter('Plaintext');
        const context = canonicalContext(input.EncryptionContext);
        const version = state.keys.primaryVersion(input.KeyId);
        return {
          KeyId: version.keyId,
          KeyVersionId: version.id,
          CiphertextBlob: sealBlob(version, input.Plaintext, context, state.randomBytes),
        };
      },
    ),
  ],
  [
    'Decrypt',
    action(
      z.object({ CiphertextBlob: z.string(), EncryptionContext: encryptionContext }),
      ({ CiphertextBlob, EncryptionContext }, state) => {
        const context = canonicalContext(EncryptionContext);
        const recorded = state.answers.get(CiphertextBlob);
        if (recorded !== undefined) return recordedAnswer(recorded, context);
        const blob = parseBlob(CiphertextBlob);
        const version = state.keys.version(blob.versionId);
        return {
          KeyId: version.keyId,
          KeyVersionId: version.id,
          Plaintext: openBlob(version, blob, context),
        };
      },
    ),
  ],
]);

function recordedAnswer(recorded: RecordedAnswer, context: string): ActionAnswer {
  const plaintext = typeof recorded === 'string' ? recorded : recorded.plaintext;
  if (typeof recorded !== 'string' && canonicalContext(recorded.encryptionContext) !== context) {
    throw new ServiceError('InvalidParameter');
  }
  return { KeyId: 'recorded', KeyVersionId: 'recorded', Plaintext: plaintext };
}
