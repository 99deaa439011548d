// What each peer is known to do. Whatever no rule speaks of must work.

const everyone = undefined;
const current = ['rsa-pkcs1', 'rsa-oaep', 'kms-standard', 'kms-oss2', 'kms-oss2-passphrase'];
const documented = ['rsa-2018', 'kms-2018', 'kms-2018-passphrase'];
const passphrases = ['kms-2018-passphrase', 'kms-oss2-passphrase'];
const kms = ['kms-2018', 'kms-2018-passphrase', 'kms-standard', 'kms-oss2', 'kms-oss2-passphrase'];
const currentKms = ['kms-standard', 'kms-oss2', 'kms-oss2-passphrase'];
const currentOnly = ['Python v2', 'Go v1', 'Go v2', 'Java 3.18.4', 'Java 3.18.5'];
const withoutKms = ['Python v2', 'Go v2', 'Java 3.18.5'];
const withKms = ['Go v1', 'Java 3.18.4'];
const java = ['Java 3.18.4', 'Java 3.18.5'];

/**
 * Rules, the first that fits wins. `peers`, `schemes`, `described` and `shapes` say what a rule is about, all when left
 * out; `way` is 'writes' (the peer writes, we read) or 'reads' (we write, the peer reads).
 *
 * `cannot`: there is no way to ask the peer for it, and why. Otherwise a known defect, which is asserted: the peer
 * `refuses` (with an error that fits), or gives `ciphertext`, or `other` bytes than it was asked for; `because` says
 * why and where to look. A peer that no longer does so fails the run: then the rule has to go.
 */
export const rules = [
  // Writing.
  {
    way: 'writes',
    peers: ['oss2 2.10'],
    schemes: current,
    cannot: 'oss2 2.10.0 has only the format of 2018',
  },
  {
    way: 'writes',
    schemes: documented,
    described: true,
    cannot: 'no version of oss2 writes a description in the format of 2018',
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
    cannot: "oss2 writes its own layering of KMS's blobs only",
  },
  {
    way: 'writes',
    peers: ['oss2 2.19'],
    schemes: ['rsa-oaep'],
    described: true,
    cannot: "oss2's LocalRsaProvider, the only one with OAEP, takes no description",
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
    peers: ['Python v2', 'Go v2'],
    schemes: currentKms,
    cannot: 'the v2 SDKs have no KMS master key, only an interface for one of the caller',
  },
  {
    way: 'writes',
    peers: ['Java 3.18.5'],
    schemes: currentKms,
    cannot: 'aliyun-sdk-oss 3.18.5 ships without KmsEncryptionMaterials; 3.18.4 has it',
  },
  {
    way: 'writes',
    peers: withKms,
    schemes: ['kms-oss2', 'kms-oss2-passphrase'],
    cannot: "only oss2 writes this layering of KMS's blobs, and only oss2 has a passphrase",
  },
  {
    way: 'writes',
    peers: ['oss2 2.10'],
    shapes: ['parts', 'across'],
    cannot: 'oss2 2.10.0 has no encrypted multipart upload',
  },

  // Reading.
  {
    way: 'reads',
    peers: ['oss2 2.10'],
    schemes: current,
    refuses: /InconsistentError/,
    because: 'oss2 2.10.0 knows only the headers of 2018 (oss2/models.py, GetObjectResult)',
  },
  {
    way: 'reads',
    peers: ['oss2 2.10'],
    shapes: ['unaligned', 'across', 'open', 'end', 'suffix'],
    refuses: /do not support range get/,
    because: 'oss2 2.10.0 refuses every range of an encrypted object (oss2/api.py, CryptoBucket.get_object)',
  },
  {
    way: 'reads',
    peers: ['oss2 2.19'],
    schemes: ['kms-standard'],
    refuses: /./,
    because:
      "oss2 decodes the header's base64 once and hands KMS the result, which is a CiphertextBlob only in oss2's own layering (oss2/crypto.py, AliKMSProvider.decrypt_encrypted_key)",
  },
  {
    way: 'reads',
    peers: ['oss2 2.19'],
    schemes: ['rsa-oaep'],
    described: true,
    refuses: /ClientError/,
    because:
      'oss2 compares descriptions, and LocalRsaProvider cannot be given one (oss2/models.py, GetObjectResult; oss2/crypto.py)',
  },
  {
    way: 'reads',
    peers: ['oss2 2.19'],
    shapes: ['suffix'],
    refuses: /start is none/,
    because: 'oss2 refuses a range of the last bytes (oss2/crypto_bucket.py, get_object)',
  },
  {
    way: 'reads',
    peers: currentOnly,
    schemes: documented,
    ciphertext: true,
    because:
      'these SDKs do not know the headers of 2018, take the object for a plain one, and hand out its ciphertext without a word',
  },
  {
    way: 'reads',
    peers: currentOnly,
    schemes: ['rsa-oaep'],
    refuses: /./,
    because: 'of the official SDKs only oss2 unwraps OAEP; the others try PKCS#1 v1.5',
  },
  {
    way: 'reads',
    peers: withoutKms,
    schemes: currentKms,
    refuses: /./,
    because: 'an SDK without a KMS master key tries its RSA key',
  },
  {
    way: 'reads',
    peers: withKms,
    schemes: ['kms-oss2', 'kms-oss2-passphrase'],
    refuses: /./,
    because:
      "Go's and Java's SDKs hand KMS the header's value, which in oss2's layering is base64 of a CiphertextBlob's text",
  },
  {
    way: 'reads',
    peers: ['Python v2', 'Go v1', 'Go v2'],
    shapes: ['suffix'],
    other: true,
    because:
      'a range of the last bytes is decrypted as though it began where the object begins, or before it: it comes out as garbage',
  },
  {
    way: 'reads',
    peers: java,
    shapes: ['open', 'suffix'],
    refuses: /get-range is illegal/,
    because:
      "the Java SDK refuses ranges without both ends (CryptoModuleBase.getAdjustedCryptoRange), and so a file's last bytes of unknown offset",
  },
];

const fits = (wanted, value) => wanted === everyone || [wanted].flat().includes(value);

/** What is known of a cell; undefined: it must work. */
export function ruleFor(cell) {
  return rules.find(
    (rule) =>
      rule.way === cell.way &&
      fits(rule.peers, cell.peer) &&
      fits(rule.schemes, cell.scheme) &&
      fits(rule.described, cell.described) &&
      fits(rule.shapes, cell.shape),
  );
}

/** Whether a scheme's description reaches a peer: in the format of 2018 no SDK has a place for one. */
export const takesDescription = (scheme) => !documented.includes(scheme);

void passphrases;
void kms;
