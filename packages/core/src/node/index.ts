export { environmentCredentials } from './environment-credentials.js';
export { fileCheckpoint } from './file-checkpoint.js';
export { type FetchedFile, type GetToFileOptions, getToFile } from './get-to-file.js';
export { putFile } from './put-file.js';
