import { rsaPort as nodePort } from '../src/port/node/rsa-port.js';
import type { RsaPort } from '../src/port/rsa-port.js';
import { rsaPort as webPort } from '../src/port/web/rsa-port.js';
import { type RsaProviderOptions, rsaProviderOn } from '../src/provider/rsa-provider.js';

/** Both ports; Node has Web Crypto too, so that the web port runs here as it does in a browser. */
export const ports: readonly { readonly name: 'node' | 'web'; readonly port: RsaPort }[] = [
  { name: 'node', port: nodePort },
  { name: 'web', port: webPort },
];

/** A provider on `port` that reads both paddings. */
export function providerOn(port: RsaPort, options: RsaProviderOptions): ReturnType<typeof rsaProviderOn> {
  return rsaProviderOn(port, { allowPkcs1DecryptionInJavaScript: true, ...options });
}
