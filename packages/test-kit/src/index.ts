export { collect, expectBytes, inChunks, noise, reusedChunks, sha256 } from './bytes.js';
export { type RunningServer, useServer } from './server.js';
export { authorityCertificate, serverIdentity } from './tls-identity.js';
export { rejectionOf, until } from './waiting.js';
