import { readFileSync } from 'node:fs';

interface VectorFile {
  readonly keys: readonly {
    readonly bits: number;
    /** PEM. */
    readonly privateKey: string;
    readonly cases: readonly {
      readonly name: string;
      /** base64, as is the message. */
      readonly ciphertext: string;
      readonly message: string;
    }[];
  }[];
}

const file: VectorFile = JSON.parse(
  readFileSync(new URL('./vectors/implicit-rejection.json', import.meta.url), 'utf8'),
);

/** What OpenSSL gives for wrapped values, most of them with a wrong padding, by the key that opens them. */
export const implicitRejectionKeys = file.keys;
