export {
  type RsaKeyPairFolderOptions,
  rsaKeyPairInFolder,
  type StoredRsaKeyPair,
} from './rsa-key-pair-folder.js';
