import { formatsOf } from './formats.js';

const { size, exactSize, percent, time } = formatsOf('en');

/** Every text of the page. The other languages have the same names, which their type demands. */
export const english = {
  'page.title': 'Sealed files',
  'page.heading': 'Sealed before it leaves.',
  'page.lead':
    'Files are encrypted and opened in this page. The server signs requests, and the bucket keeps ciphertext: neither can see what is in a file.',
  'page.skip': 'Go to the stored files',
  'page.language': 'Language',
  'page.footer': ({ bucket }: { bucket: string }) =>
    `An example of oss-envelope. It stores in the bucket “${bucket}”.`,
  'page.local': 'That is a local OSS on this machine, for trying out. Its access keys are public.',
  'page.details': 'Technical details',

  'key.heading': 'Your key',
  'key.intro': 'It encrypts what you upload and opens what you download. It never leaves this page.',
  'key.kind': 'What kind of key?',
  'key.kind.age': 'Key file',
  'key.kind.age.about': 'A small file that you keep. Safe from quantum computers too (age).',
  'key.kind.passkey': 'Passkey',
  'key.kind.passkey.about':
    'Kept by your phone, computer or security key, which asks you. With a recovery file.',
  'key.kind.rsa': 'RSA pair',
  'key.kind.rsa.about': 'For every format, and for people who read with Alibaba Cloud’s SDKs.',
  'key.newPassphrase': 'Passphrase for the key file (optional)',
  'key.make': 'Make this key',
  'key.making': 'Making your key …',
  'key.have': 'You have a key already?',
  'key.load': 'Load key files',
  'key.load.about':
    'A file that this page made, an age identity, or RSA keys in PEM, both halves at once. With a public half alone you can upload, and open nothing.',
  'key.choosePasskey': 'Use a passkey that you have',
  'key.locked': 'This key file is locked.',
  'key.passphrase': 'Passphrase',
  'key.unlock': 'Unlock',
  'key.fingerprint': 'Fingerprint',
  'key.fingerprint.about': 'The same fingerprint means the same key.',
  'key.fingerprint.asked': 'Not known: your browser asks you which passkey.',
  'key.ready.age': 'Key file',
  'key.ready.age.public': 'Public key (age)',
  'key.ready.passkey': 'Passkey',
  'key.ready.rsa': 'RSA pair',
  'key.ready.rsa.public': 'Public key (RSA)',
  'key.can.both': 'It encrypts and opens files.',
  'key.can.write': 'It encrypts files, and opens none.',
  'key.unsaved': 'Save this key now. Without it nobody can open your files, and nobody can make it again.',
  'key.unsaved.recovery':
    'Save the recovery file now. If the passkey is lost, only this file opens your files.',
  'key.save': 'Save the key file',
  'key.save.recovery': 'Save the recovery file',
  'key.saved': 'Saved. Keep it where only you can read it.',
  'key.change': 'Use another key',
  'key.announce': 'Your key is ready.',

  'upload.heading': 'Encrypt and upload',
  'upload.choose': 'Choose files',
  'upload.drop': 'or drop them anywhere on this page',
  'upload.format': 'Format',
  'upload.format.sealed': 'sealed (recommended)',
  'upload.format.oss-crypto': 'oss-crypto, for Python’s oss2',
  'upload.format.client-side-encryption': 'client-side-encryption, for other SDKs',
  'upload.format.sealed.about': 'Nobody can change such a file unseen.',
  'upload.format.sealed.only': 'Nobody can change such a file unseen. The other formats need an RSA key.',
  'upload.format.unprotected':
    'In this format whoever can write to the bucket can change a file, and nobody notices. Take it only for readers who need it.',
  'upload.listed': ({ count }: { count: number }) =>
    count === 1 ? 'One file was added.' : `${count} files were added.`,
  'upload.name': 'Name in the bucket',
  'upload.visible': ({ key, bytes }: { key: string; bytes: number }) =>
    `Others will see: ${key}, ${exactSize(bytes)}`,
  'upload.size': ({ bytes }: { bytes: number }) => size(bytes),
  'upload.start': ({ count }: { count: number }) => {
    if (count === 0) return 'Encrypt and upload';
    return count === 1 ? 'Encrypt and upload 1 file' : `Encrypt and upload ${count} files`;
  },
  'upload.needsKey': 'Make or load a key first.',
  'upload.needsFiles': 'Choose files first.',
  'upload.waiting': 'Waits for its turn',
  'upload.progress': ({ share, bytes }: { share: number; bytes: number }) =>
    `${percent(share)} of ${size(bytes)}`,
  'upload.stored': 'Stored, encrypted',
  'upload.stored.announce': ({ name }: { name: string }) => `${name} is stored, encrypted.`,
  'upload.cancelled': 'Cancelled. Nothing of it is left in the bucket.',
  'upload.remove': 'Remove',
  'upload.cancel': 'Cancel',
  'upload.retry': 'Try again',
  'upload.replace': 'Replace the stored file',

  'visible.heading': 'What others can still see',
  'visible.intro': 'Only the content is secret. Whoever looks into the bucket sees:',
  'visible.name': 'the name: choose one that tells nothing',
  'visible.size': 'the size, to the byte',
  'visible.time': 'when it is stored and opened, and from which network address',
  'visible.how': 'that it is encrypted, how, and by what kind of key',
  'visible.limits':
    'Whoever can write to the bucket can also delete a file, or put back an older one of the same name. You would open the older one.',

  'stored.heading': 'Stored files',
  'stored.intro':
    'Names, sizes and times are what the bucket says. What is in a file is verified when you open it.',
  'stored.refresh': 'Refresh',
  'stored.reading': 'Reading the list …',
  'stored.empty': 'Nothing is stored yet.',
  'stored.more': 'Show more',
  'stored.count': ({ count }: { count: number }) =>
    count === 1 ? 'One file is listed.' : `${count} files are listed.`,
  'stored.unprotected': 'Also open files whose format cannot show changes',
  'stored.size': ({ bytes }: { bytes: number }) => size(bytes),
  'stored.time': ({ epochMs }: { epochMs: number }) => time(epochMs),
  'stored.plain': 'not encrypted',
  'stored.broken': 'envelope is broken',
  'stored.download': 'Download',
  'stored.verify': 'Verify',
  'stored.cancel': 'Cancel',
  'stored.progress': ({ share }: { share: number }) => `Opening and checking … ${percent(share)}`,
  'stored.verified': 'Verified: every byte is what was encrypted.',
  'stored.verified.announce': ({ name }: { name: string }) => `${name}: every byte is what was encrypted.`,
  'stored.saved': 'Saved. Every byte was verified.',
  'stored.saved.announce': ({ name }: { name: string }) => `${name} is saved. Every byte was verified.`,
  'stored.unproven': 'It opens. Whether someone changed it, nobody can tell.',
  'stored.saved.unproven': 'Saved. Whether someone changed it, nobody can tell.',
  'stored.cancelled': 'Cancelled. Nothing was saved.',

  'problem.noKey': 'Make or load the key that opens this file, then try again.',
  'problem.publicKey': 'Your key is a public half, which opens nothing. Load the private half.',
  'problem.wrongKey':
    'Your key does not open this file. Load the key that it was encrypted for. If that is this one, someone has changed the file in the bucket.',
  'problem.otherKind': 'This file was encrypted for another kind of key. Load that key.',
  'problem.changed':
    'This file was changed or damaged after it was encrypted, so nothing of it was saved. Ask its owner to store it again.',
  'problem.swapped': 'Someone moved or swapped this file: it is not the one of this name. Nothing was saved.',
  'problem.unprotected':
    'The format of this file cannot show changes, so it was not opened. If you expect such a file, tick the box above the list, then try again.',
  'problem.plain': 'This file is not encrypted, so it was not opened here: anyone could have put it there.',
  'problem.envelope':
    'What the bucket says about this file is damaged, so it cannot be opened. Ask its owner to store it again.',
  'problem.damagedOnTheWay': 'What arrived in the bucket is not what was sent. Try again.',
  'problem.missing': 'This file is no longer in the bucket. Refresh the list.',
  'problem.nameTaken': 'A file of this name is stored already. Give yours another name, or replace that one.',
  'problem.refused':
    'The bucket refused the request. Reload the page and try again; if that does not help, ask who runs this service.',
  'problem.notSigned': 'The server does not allow this. Its reason is in the technical details.',
  'problem.busy': 'The bucket is busy or has trouble. Wait a minute, then try again.',
  'problem.offline': 'The bucket cannot be reached. Check your connection, then try again.',
  'problem.serverOffline':
    'The server of this page cannot be reached. Check your connection, then try again.',
  'problem.name': 'This name cannot be used. Take a shorter one, without “..” or a leading slash.',
  'problem.fileGone':
    'The file cannot be read. It may have been moved or changed on your disk: add it again.',
  'problem.notAKey':
    'This is no key that the page knows. Choose the key file itself: its text begins with AGE-SECRET-KEY, age1 or -----BEGIN.',
  'problem.badKey':
    'This key cannot be used: it is damaged, incomplete, or too weak. The reason is in the technical details.',
  'problem.passphrase': 'That is not the passphrase of this key, or the key is damaged. Try again.',
  'problem.halves':
    'These two halves do not belong together. Choose the public and the private half of one pair.',
  'problem.passkeyRefused':
    'The passkey was not used: you or the browser said no. Try again, or take a key file.',
  'problem.noPasskeys': 'This browser or this passkey cannot encrypt. Take a key file instead.',
  'problem.unknown':
    'Something went wrong that this page does not know. The technical details may help who runs it.',
};
