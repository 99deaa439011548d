/** Which half of a pair an argument is for; also its name. */
export type KeyRole = 'publicKey' | 'privateKey';

/**
 * One half of a pair, with what is said of it. A program that only writes needs nothing of the private one, and its
 * bundle holds nothing of it.
 */
export interface KeyHalf {
  readonly role: KeyRole;
  /** What Web Crypto and Node call it. */
  readonly type: 'public' | 'private';
  /** The labels of the PEM blocks that it may be in. */
  readonly labels: readonly string[];
  /** What the labels of the other half end with. */
  readonly otherLabelEnd: string;
  /** Said where the other half was given. */
  readonly wrongHalf: string;
  /** How its PEM begins. */
  readonly beginnings: string;
}

/** The half that wraps. */
export const publicHalf: KeyHalf = {
  role: 'publicKey',
  type: 'public',
  labels: ['PUBLIC KEY', 'RSA PUBLIC KEY'],
  otherLabelEnd: 'PRIVATE KEY',
  wrongHalf:
    'publicKey is a private key. Pass it as privateKey, and its public half as publicKey, so that a program that only writes need not hold the private one.',
  beginnings: 'BEGIN PUBLIC KEY or BEGIN RSA PUBLIC KEY',
};

/** The half that unwraps. */
export const privateHalf: KeyHalf = {
  role: 'privateKey',
  type: 'private',
  labels: ['PRIVATE KEY', 'RSA PRIVATE KEY', 'ENCRYPTED PRIVATE KEY'],
  otherLabelEnd: 'PUBLIC KEY',
  wrongHalf:
    'privateKey is a public key, which cannot unwrap anything. Pass the private half of the pair, such as a PEM that begins with BEGIN PRIVATE KEY or BEGIN RSA PRIVATE KEY.',
  beginnings: 'BEGIN PRIVATE KEY or BEGIN RSA PRIVATE KEY',
};
