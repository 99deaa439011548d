import { once } from 'node:events';
import { type ExitCode, exitCode } from '../output/exit-code.js';
import type { Printer } from '../output/printer.js';
import { UsageError } from '../output/usage-error.js';
import type { Session } from '../session.js';

/** How the local services are started. */
export interface LocalFlags {
  readonly bucket: string;
  readonly port: number;
  readonly kmsPort: number;
  readonly dir?: string | undefined;
}

/** Runs an OSS and a KMS on this machine, with a bucket and a key, until it is interrupted. */
export async function local({ printer, signal }: Session, flags: LocalFlags): Promise<ExitCode> {
  if (!/^[a-z0-9](?:[a-z0-9-]{1,61})[a-z0-9]$/.test(flags.bucket)) {
    throw new UsageError(
      '--bucket must be 3 to 63 lower-case letters, digits and hyphens, with no hyphen at either end.',
    );
  }
  const { defaultOssAccount, startKms, startOss } = await import('./local-services.js');
  const account = { ...defaultOssAccount };
  const oss = await onPort('--port', flags.port, (port) =>
    startOss({ port, buckets: [flags.bucket], ...(flags.dir && { dir: flags.dir }) }),
  );
  let kms: Awaited<ReturnType<typeof startKms>> | undefined;
  try {
    kms = await onPort('--kms-port', flags.kmsPort, (port) => startKms({ port, accounts: [account] }));
    await kms.createKey({ description: 'local', alias: 'alias/local' });
    show(printer, flags.bucket, oss, kms, account);
    if (!signal.aborted) await once(signal, 'abort');
  } finally {
    // A server that goes on would keep the program from ending.
    await Promise.all([oss.close(), kms?.close()]);
  }
  return exitCode.done;
}

function show(
  printer: Printer,
  bucket: string,
  oss: { readonly endpoint: string; readonly region: string },
  kms: { readonly url: string },
  account: { readonly accessKeyId: string; readonly accessKeySecret: string },
): void {
  const environment = {
    OSS_ENDPOINT: oss.endpoint,
    OSS_REGION: oss.region,
    OSS_ACCESS_KEY_ID: account.accessKeyId,
    OSS_ACCESS_KEY_SECRET: account.accessKeySecret,
  };
  printer.record({ bucket, kmsEndpoint: kms.url, kmsKey: 'alias/local', environment });
  printer.line(printer.text('localReady'));
  printer.line('');
  for (const [name, value] of Object.entries(environment)) printer.line(`export ${name}=${value}`);
  printer.line('');
  printer.line('oss-envelope keygen rsa my-keys');
  printer.line(`echo 'seize the day' | oss-envelope cp --key-folder my-keys - oss://${bucket}/motto.txt`);
  printer.line(`oss-envelope cat --key-folder my-keys oss://${bucket}/motto.txt`);
  const kmsKey = `--kms-key alias/local --kms-endpoint ${kms.url}`;
  printer.line(`echo 'by KMS' | oss-envelope cp ${kmsKey} - oss://${bucket}/by-kms.txt`);
  printer.line('');
  printer.note(printer.text('localStop'));
}

/** Starts a service, and says of a port that is taken which flag names another one. */
async function onPort<T>(flag: string, port: number, start: (port: number) => Promise<T>): Promise<T> {
  try {
    return await start(port);
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (syscall !== 'listen') throw error;
    throw new UsageError(
      `Port ${port} cannot be had here (${code}). Give ${flag} with another one, or with 0 for any that is free.`,
    );
  }
}
