import type { EncryptionContext, KeyProvider } from '../contract/key-provider.js';
import type { SecretBytes } from '../contract/secret-bytes.js';
import { encodeBase64 } from '../encoding/base64.js';
import { formatMaterialDescription } from './material-description.js';
import type { SealedRecipient } from './sealed-envelope.js';
import { membersOf, ownTime, SharedKey, type Time } from './shared-key.js';

/** How many opened wrapping keys a reader keeps of each provider, and for how long, in milliseconds. */
const mostOpened = 200;
const longestOpenedMs = 300_000;

/** Whose wrapping key is opened, and under which context of the object. */
export interface OpenedKeyName {
  readonly provider: KeyProvider;
  readonly recipient: SealedRecipient;
  readonly context: EncryptionContext;
}

/**
 * S18: the wrapping keys that a reader has opened, by provider, wrap algorithm, description, context and the wrapped
 * bytes. Reads at the same time share one unwrapping. A failure is never kept.
 */
export class OpenedWrappingKeys {
  readonly #time: Time;
  readonly #keys = new Map<KeyProvider, Map<string, SharedKey<SecretBytes>>>();

  constructor(time: Time = ownTime) {
    this.#time = time;
  }

  /**
   * Does something with the opened key of a recipient, and gives its outcome.
   *
   * @param open - opens it, when it is not there
   * @param run - must not keep the key, whose bytes are overwritten at the end
   * @throws what `open` and `run` throw; the signal's reason
   */
  async use<Result>(
    { provider, recipient, context }: OpenedKeyName,
    signal: AbortSignal | undefined,
    open: () => Promise<SecretBytes>,
    run: (key: SecretBytes) => Promise<Result>,
  ): Promise<Result> {
    const ofProvider = membersOf(this.#keys, provider);
    // None of them has a line end.
    const id = [
      recipient.wrapAlgorithm,
      formatMaterialDescription(recipient.materialDescription),
      formatMaterialDescription(context),
      encodeBase64(recipient.wrappedKey),
    ].join('\n');
    let opened = ofProvider.get(id);
    if (opened?.isOld) {
      opened.drop();
      opened = undefined;
    }
    if (opened === undefined) {
      opened = new SharedKey(open(), (made) => made, {
        time: this.#time,
        maxAgeMs: longestOpenedMs,
        onDrop: () => ofProvider.delete(id),
      });
      ofProvider.set(id, opened);
      // A Map keeps the order of insertion: the first is the oldest.
      for (const oldest of ofProvider.values()) {
        if (ofProvider.size <= mostOpened) break;
        oldest.drop();
      }
    }
    return opened.use(signal, run);
  }
}
