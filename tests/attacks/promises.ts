// What docs/security.md promises in its tables, and the cases that show it: a cell that promises names cases that begin with
// "holds:", one that says what is not protected names cases that begin with "cannot hold:".

/** The columns of the table "What each format protects". */
export interface FormatPromise {
  readonly sealed: readonly string[];
  readonly counter: readonly string[];
}

const secret = 'holds: content is not in what is stored, nor in two objects the same';
const plain = 'holds: an object without encryption in the place of one in %s is refused';
const older = 'cannot hold: an older version of an object that is put back opens';
const deleted = 'cannot hold: that an object was deleted is the word of the bucket';
const inTheClear = 'cannot hold: the length of content, its name, metadata and type are in the clear';
const ofTheUser = 'cannot hold: metadata of the user and the type of %s are whatever the bucket says';

/** By the first cell of each row. */
export const formatPromises: Readonly<Record<string, FormatPromise>> = {
  'content is secret from who reads the bucket': { sealed: [secret], counter: [secret] },
  'a changed, cut, reordered or mixed byte': {
    sealed: [
      'holds: a sealed byte that is changed, cut or added is refused before it is handed on',
      'holds: sealed chunks that are reordered, repeated or mixed are refused',
      'holds: a range of a changed sealed object is refused, a handle notices, and no file is left',
    ],
    counter: [
      'cannot hold: a flipped bit passes unseen',
      'cannot hold: a cut or longer body passes where its recorded length was taken away',
    ],
  },
  "another object in an object's place": {
    sealed: ['holds: another sealed object in the place of one does not open'],
    counter: ['cannot hold: another object in the place of one opens'],
  },
  'an object of another tenant or context': {
    sealed: ['holds: an object of another tenant is refused where a context is asked for'],
    counter: ['cannot hold: another object in the place of one opens'],
  },
  'an object without encryption in its place': { sealed: [plain], counter: [plain] },
  'an object of a weaker format in its place': {
    sealed: ['holds: an object of a weaker format in the place of a sealed one is refused'],
    counter: ['cannot hold: an object of a weaker format opens where it may be read'],
  },
  'an older version of the same object put back': { sealed: [older], counter: [older] },
  'a deleted object': { sealed: [deleted], counter: [deleted] },
  // The next table of the page.
  'a new object made by a stranger': {
    sealed: ['cannot hold: opens when it was made with the public key of an RSA pair'],
    counter: ['cannot hold: opens when it was made with the public key of an RSA pair'],
  },
  'the length of the content': { sealed: [inTheClear], counter: [inTheClear] },
  'object names, your metadata, Content-Type, times': {
    sealed: [inTheClear, ofTheUser],
    counter: [inTheClear, ofTheUser],
  },
  '`context`': {
    sealed: [
      'cannot hold: the context of a sealed object is in the clear',
      'holds: each header of a sealed envelope that is changed, taken or added is refused',
    ],
    counter: ['holds: what asks for a context refuses an object that has none'],
  },
  'the data key for another object': {
    sealed: ['holds: each header of a sealed envelope that is changed, taken or added is refused'],
    counter: ['holds: another body under the envelope of an object is never its content'],
  },
};

/** Who can make a new object that opens, by the first cell of each row of the table of master keys. */
export const masterKeyPromises: Readonly<Record<string, string>> = {
  RSA: 'cannot hold: opens when it was made with the public key of an RSA pair',
  'age, X25519 or post-quantum': 'cannot hold: opens when it was made with an age recipient of kind %s',
  'age, passphrase or passkey alone': 'holds: does not open without the passphrase of age',
  KMS: 'holds: does not open under a KMS key that the reader does not expect',
  'a secret of `provider-aes`': 'holds: does not open without the secret of provider-aes',
};
