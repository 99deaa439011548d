// What the peers and this project meet on: a local OSS, and a local KMS by HTTP and by HTTPS.
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { defaultKmsAccount, defaultOssAccount, startKms, startOss } from '@oss-envelope/local-cloud';

const file = (name) => fileURLToPath(new URL(name, import.meta.url));
const privateKey = file('../vectors/keys/test-key.pkcs8.pem');
const publicKey = file('../vectors/keys/test-key.spki.pem');

/** The KMS clients of the SDKs insist on HTTPS: this front decrypts for the KMS that listens at `port`. */
async function startTlsFront(port) {
  const sockets = new Set();
  const front = createServer(
    { key: await readFile(file('./tls/key.pem')), cert: await readFile(file('./tls/certificate.pem')) },
    (client) => {
      const server = connect(port, '127.0.0.1');
      for (const [socket, other] of [
        [client, server],
        [server, client],
      ]) {
        sockets.add(socket);
        socket.on('error', () => other.destroy());
        socket.on('close', () => {
          sockets.delete(socket);
          other.destroy();
        });
        socket.pipe(other);
      }
    },
  );
  front.listen(0, '127.0.0.1');
  await once(front, 'listening');
  return {
    endpoint: `127.0.0.1:${front.address().port}`,
    close: () => {
      for (const socket of sockets) socket.destroy();
      front.close();
    },
  };
}

/** Temporary keys, as STS gives them. */
const temporary = {
  accessKeyId: 'STS.interop',
  accessKeySecret: 'interop-secret',
  securityToken: 'token/+=1',
};

/** Starts both services, with one bucket and one master key, and a folder for files and RSA keys. */
export async function startLocalServices() {
  const folder = await mkdtemp(join(tmpdir(), 'oss-envelope-interop-'));
  const oss = await startOss({ buckets: ['interop'], accounts: [{ ...defaultOssAccount }, temporary] });
  const kms = await startKms();
  const front = await startTlsFront(Number(kms.endpoint.split(':')[1]));
  const keyId = await kms.createKey({ description: 'interop' });
  const pair = {
    publicKey: await readFile(publicKey, 'utf8'),
    privateKey: await readFile(privateKey, 'utf8'),
  };
  // As oss2's LocalRsaProvider keeps a pair.
  await writeFile(join(folder, '.public_key.pem'), pair.publicKey);
  await writeFile(join(folder, '.private_key.pem'), pair.privateKey);
  return {
    oss,
    kms,
    keyId,
    pair,
    folder,
    temporary,
    bucket: 'interop',
    /** What every driver is told. */
    world: {
      oss: { ...defaultOssAccount, origin: oss.origin, region: oss.region, bucket: 'interop', temporary },
      kms: { ...defaultKmsAccount, endpoint: front.endpoint, region: kms.region, keyId },
      keys: { publicKey, privateKey, folder },
    },
    async close() {
      front.close();
      await Promise.all([oss.close(), kms.close()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
