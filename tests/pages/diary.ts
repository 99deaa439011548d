/** What a diary says again and again. */
export const diaryPhrase = 'my dear diary, nobody shall read this';

/** Plaintext that can be recognized wherever it appears. */
export function diary(sizeBytes: number): Buffer {
  const lines = Array.from({ length: Math.ceil(sizeBytes / 48) }, (_, index) =>
    `${diaryPhrase} ${index}\n`.padStart(48, '.'),
  );
  return Buffer.from(lines.join('')).subarray(0, sizeBytes);
}

/** A secret as it is, in hex, and in base64 wherever in a group of three bytes it begins. */
export function spellings(secret: Buffer): Buffer[] {
  const inBase64 = [0, 1, 2].map((skipped) => {
    const rest = secret.subarray(skipped);
    return rest.subarray(0, rest.length - (rest.length % 3)).toString('base64');
  });
  return [secret, ...[secret.toString('hex'), ...inBase64].map((text) => Buffer.from(text))];
}
