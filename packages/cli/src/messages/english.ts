/** The texts that commands show, in English. `{name}` is filled in. */
export const english = {
  warning: 'warning',
  notAuthenticated:
    '{place} is in counter mode: what is printed is not authenticated. Whoever can write to the bucket can change it unseen.',
  notToBeTrusted: '{place}: the checks at its end failed. Do not use what was printed.',
  nothingFound: 'Nothing in oss://{bucket} begins with {prefix}.',
  downloaded: '{place} -> {path}  {size}',
  uploaded: '{path} -> {place}  {size}',
  summary: '{done} done, {failed} failed.',
  failures: 'Not done:',
  goOn: 'Interrupted. What was transferred is kept: run the same command again to go on.',
  interrupted: 'Interrupted. Nothing half-written was left.',
  verifiedSealed: 'ok    {place}  {size}, authenticated',
  verifiedCounter: 'ok    {place}  {size}, read whole; this format cannot show a change',
  verifiedPlain: 'plain {place}',
  rewrapped: '{place}: {before} -> {after}',
  rewrapWould: '{place}: {before} -> {after} (not done: --dry-run)',
  rewrapSame: '{place}: is under this key already',
  keyMade:
    'Made {files}.\nFingerprint: {fingerprint}\nKeep a copy in a safe place: without the key, nothing that it encrypts opens again.',
  presignGet:
    'Whoever has this URL can download the ciphertext until {until}. It opens with a key alone (openUrl).',
  presignPut: 'Send {file} by this request until {until}, with all headers as they are.',
  localReady:
    'A local OSS and KMS. Their keys are constants, and open nothing else. Paste this into another terminal:',
  localStop: 'Stop with Ctrl-C.',
  inspectPlain: '{place} is not encrypted.',
  doctorAllWell: 'All well.',
} as const;
