/** What adapters on Node share: files that hold keys, and files that get their names when all of them is there. */
export { checkKeyFolder, type KeyFileKind, readKeyFile, secretFileText } from './key-file.js';
export { isSystemError, openNoLink } from './own-file.js';
export { TemporaryFile, type TemporaryFileOptions } from './temporary-file.js';
