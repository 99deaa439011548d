// What is measured, bundled from the sources: the two ways to open a wrapped key.

export { rsaPort } from '../../packages/provider-rsa/src/port/node/rsa-port.js';
export { unpadPkcs1 } from '../../packages/provider-rsa/src/port/pkcs1-unpadding.js';
