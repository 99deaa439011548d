export {
  type AgeIdentityFileOptions,
  ageIdentityInFile,
  type StoredAgeIdentity,
} from './age-identity-in-file.js';
