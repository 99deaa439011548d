export {
  type RsaKeyPairFolderOptions,
  rsaKeyPairInFolder,
  type StoredRsaKeyPair,
} from '../key-folder/rsa-key-pair-folder.js';
