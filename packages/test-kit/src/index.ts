export { collect, expectBytes, inChunks, noise, reusedChunks, sha256 } from './bytes.js';
export { startCallbackEcho } from './callback-echo.js';
export {
  type ForeignObject,
  generatedObjects,
} from './foreign-objects.js';
export { type MemoryCheckpoint, memoryCheckpoint } from './memory-checkpoint.js';
export { expectReadmeExample } from './readme-example.js';
export { type LocalRedis, startRedis } from './redis-server.js';
export { rsaPair } from './rsa-pair.js';
export { runs } from './runs.js';
export { type RunningServer, useServer } from './server.js';
export { authorityCertificate, serverIdentity } from './tls-identity.js';
export { readVector, readVectorText, vectorNames } from './vector-files.js';
export { rejectionOf, until } from './waiting.js';
