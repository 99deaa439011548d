// What each peer is known to do. Whatever no rule speaks of must work.

const documented = ['rsa-2018', 'kms-2018', 'kms-2018-passphrase'];
const currentKms = ['kms-standard', 'kms-oss2', 'kms-oss2-passphrase'];
const current = ['rsa-pkcs1', 'rsa-oaep', ...currentKms];
const java = ['Java 3.18.4', 'Java 3.18.5'];
const byHand = ['C++', 'PHP v2'];
const currentOnly = ['Python v2', 'Go v1', 'Go v2', ...java, ...byHand];
const withoutKms = ['Python v2', 'Go v2', 'Java 3.18.5', ...byHand];
const withKms = ['Go v1', 'Java 3.18.4'];
const ranges = ['unaligned', 'across', 'open', 'end', 'suffix', 'beyond'];

/**
 * The first rule that fits a cell wins. `way` is 'writes' (the peer writes, we read) or 'reads' (we write, the peer
 * reads); `peers`, `schemes`, `described` and `shapes` narrow a rule down, and mean all when left out.
 *
 * `cannot` says why there is no way to ask the peer for it. Otherwise the rule is a known defect, or a limit, and is
 * asserted: the `outcome` is that the peer 'refuses' (with an `error` that fits), or hands out the 'ciphertext', the
 * 'whole' object for a part of it, or 'other' bytes; `because` says why, and where in the SDK. A peer that no longer does so fails
 * the run: then the rule has to go.
 */
const rules = [
  {
    way: 'writes',
    peers: ['oss2 2.10'],
    schemes: current,
    cannot: 'oss2 2.10.0 has only the format of 2018',
  },
  {
    way: 'writes',
    peers: ['oss2 2.10'],
    schemes: documented,
    described: true,
    cannot: 'no version of oss2 writes a description in the format of 2018',
  },
  {
    way: 'writes',
    peers: ['oss2 2.10'],
    shapes: ['parts', 'across', 'manager'],
    cannot: 'oss2 2.10.0 has no encrypted multipart upload',
  },
  {
    way: 'writes',
    peers: ['oss2 2.19'],
    schemes: documented,
    cannot: 'oss2 from 2.11.0 on reads the format of 2018, but does not write it',
  },
  {
    way: 'writes',
    peers: ['oss2 2.19'],
    schemes: ['kms-standard'],
    cannot: "oss2 writes only its own layering of KMS's blobs",
  },
  {
    way: 'writes',
    peers: ['oss2 2.19'],
    schemes: ['rsa-oaep'],
    described: true,
    cannot: "oss2's LocalRsaProvider, its only one with OAEP, takes no description",
  },
  { way: 'writes', peers: currentOnly, schemes: documented, cannot: 'only oss2 has the format of 2018' },
  {
    way: 'writes',
    peers: currentOnly,
    schemes: ['rsa-oaep'],
    cannot: 'of the official SDKs only oss2 has OAEP',
  },
  {
    way: 'writes',
    peers: ['Python v2', 'Go v2', 'PHP v2'],
    schemes: currentKms,
    cannot: 'the v2 SDKs have no master key in KMS, only an interface for one that the caller programs',
  },
  {
    way: 'writes',
    peers: ['C++'],
    schemes: currentKms,
    cannot: 'the C++ SDK has no master key in KMS, only an interface for one that the caller programs',
  },
  {
    way: 'writes',
    peers: ['Java 3.18.5'],
    schemes: currentKms,
    cannot: 'aliyun-sdk-oss 3.18.5 is shipped without KmsEncryptionMaterials, which 3.18.4 has',
  },
  {
    way: 'writes',
    peers: withKms,
    schemes: ['kms-oss2', 'kms-oss2-passphrase'],
    cannot: "only oss2 writes this layering of KMS's blobs, and only oss2 has a passphrase",
  },
  {
    way: 'writes',
    peers: ['Python v2'],
    shapes: ['manager'],
    outcome: 'refuses',
    error: /cse_part_size/,
    because: 'its Uploader does not set the part size that its own EncryptionClient asks for (uploader.py)',
  },
  {
    way: 'writes',
    peers: ['Go v1'],
    shapes: ['manager'],
    outcome: 'refuses',
    error: /not support|doesn't support/,
    because: 'CryptoBucket.UploadFile only answers that it is not supported (crypto_upload.go)',
  },

  {
    way: 'reads',
    peers: ['oss2 2.10'],
    schemes: current,
    outcome: 'refuses',
    error: /InconsistentError/,
    because: 'oss2 2.10.0 knows only the headers of 2018 (models.py, GetObjectResult)',
  },
  {
    way: 'reads',
    peers: ['oss2 2.10'],
    shapes: ranges,
    outcome: 'refuses',
    error: /do not support range get/,
    because: 'oss2 2.10.0 refuses every range of an encrypted object (api.py, CryptoBucket.get_object)',
  },
  {
    way: 'reads',
    peers: ['oss2 2.10'],
    shapes: ['manager'],
    cannot: 'oss2 2.10.0 has no downloader of encrypted objects',
  },
  {
    way: 'reads',
    peers: ['oss2 2.19'],
    schemes: ['kms-standard'],
    outcome: 'refuses',
    error: /./,
    because:
      "oss2 decodes the header's base64 once and sends KMS the outcome, which is a blob only in its own layering (crypto.py, AliKMSProvider)",
  },
  {
    way: 'reads',
    peers: ['oss2 2.19'],
    schemes: ['rsa-oaep'],
    described: true,
    outcome: 'refuses',
    error: /ClientError/,
    because:
      'oss2 compares descriptions, and LocalRsaProvider cannot be given one (models.py, GetObjectResult)',
  },
  {
    way: 'reads',
    peers: ['oss2 2.19'],
    shapes: ['suffix'],
    outcome: 'refuses',
    error: /start is none/,
    because: 'oss2 refuses a range of the last bytes (crypto_bucket.py, get_object)',
  },
  {
    way: 'reads',
    peers: currentOnly,
    schemes: documented,
    outcome: 'ciphertext',
    because:
      'the SDK does not know the headers of 2018, takes the object for one that is not encrypted, and hands out its ciphertext without a word',
  },
  {
    way: 'reads',
    peers: currentOnly,
    schemes: ['rsa-oaep'],
    outcome: 'refuses',
    error: /./,
    because: 'of the official SDKs only oss2 unwraps OAEP; this one tries PKCS#1 v1.5',
  },
  {
    way: 'reads',
    peers: withoutKms,
    schemes: currentKms,
    outcome: 'refuses',
    error: /./,
    because: 'it has no master key in KMS, and tries its RSA key',
  },
  {
    way: 'reads',
    peers: withKms,
    schemes: ['kms-oss2', 'kms-oss2-passphrase'],
    outcome: 'refuses',
    error: /./,
    because:
      "it sends KMS the header's value, which in oss2's layering is the base64 of a blob's text, and it has no passphrase",
  },
  {
    way: 'reads',
    peers: ['Python v2', 'Go v1', 'Go v2'],
    shapes: ['suffix'],
    outcome: 'other',
    because:
      'a range of the last bytes is decrypted as though it began where the object does, or before it, and comes out as garbage',
  },
  {
    way: 'reads',
    peers: ['oss2 2.19', ...java, 'PHP v2'],
    shapes: ['beyond'],
    outcome: 'whole',
    because:
      'it does not ask OSS for standard range behaviour, so that OSS answers an impossible range with the whole object, which it decrypts and hands out',
  },
  {
    way: 'reads',
    peers: ['Python v2', 'Go v1', 'Go v2', 'C++'],
    shapes: ['beyond'],
    outcome: 'other',
    because:
      'it does not ask OSS for standard range behaviour, so that OSS answers an impossible range with the whole object, which it decrypts as though it began where the range does',
  },
  {
    way: 'reads',
    peers: ['C++'],
    shapes: ['suffix'],
    outcome: 'refuses',
    error: /range is invalid/,
    because: 'the SDK has no range of the last bytes (GetObjectRequest.cc, validate)',
  },
  {
    way: 'reads',
    peers: ['PHP v2'],
    shapes: ['suffix'],
    outcome: 'refuses',
    error: /not align/,
    because:
      'it widens only a range that names its first byte, and refuses an answer that does not begin at a multiple of 16 (EncryptionClient.php)',
  },
  {
    way: 'reads',
    peers: java,
    shapes: ['open', 'suffix'],
    outcome: 'refuses',
    error: /get-range is illegal/,
    because: 'the SDK refuses every range without both ends (CryptoModuleBase.getAdjustedCryptoRange)',
  },
  {
    way: 'reads',
    peers: ['Python v2'],
    shapes: ['manager'],
    outcome: 'refuses',
    error: /crc/i,
    because:
      "its Downloader compares the CRC-64 of the plaintext with OSS's, which is of the ciphertext (downloader.py)",
  },
  {
    way: 'reads',
    peers: ['Go v1'],
    shapes: ['manager'],
    outcome: 'refuses',
    error: /not support|doesn't support/,
    because: 'CryptoBucket.DownloadFile only answers that it is not supported (crypto_download.go)',
  },
];

const fits = (wanted, value) => wanted === undefined || [wanted].flat().includes(value);

/** What is known of a cell; undefined: it must work. */
export function ruleFor({ way, peer, scheme, described, shape }) {
  return rules.find(
    (rule) =>
      rule.way === way &&
      fits(rule.peers, peer) &&
      fits(rule.schemes, scheme) &&
      fits(rule.described, described) &&
      fits(rule.shapes, shape),
  );
}

/** Whether a scheme's description reaches a peer: in the format of 2018 no SDK has a place for one. */
export const takesDescription = (scheme) => !documented.includes(scheme);
