export { type AcmeProviderOptions, type AcmeService, acmeProvider } from './acme-provider.js';
