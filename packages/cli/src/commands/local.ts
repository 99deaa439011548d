import { once } from 'node:events';
import { type ExitCode, exitCode } from '../output/exit-code.js';
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
  const { defaultOssAccount, startKms, startOss } = await import('./local-services.js');
  const account = { ...defaultOssAccount };
  const oss = await startOss({
    port: flags.port,
    buckets: [flags.bucket],
    ...(flags.dir && { dir: flags.dir }),
  });
  const kms = await startKms({ port: flags.kmsPort, accounts: [account] });
  await kms.createKey({ description: 'local', alias: 'alias/local' });
  const environment = {
    OSS_ENDPOINT: oss.endpoint,
    OSS_REGION: oss.region,
    OSS_ACCESS_KEY_ID: account.accessKeyId,
    OSS_ACCESS_KEY_SECRET: account.accessKeySecret,
  };
  printer.record({ bucket: flags.bucket, kmsEndpoint: kms.url, kmsKey: 'alias/local', environment });
  printer.line(printer.text('localReady'));
  printer.line('');
  for (const [name, value] of Object.entries(environment)) printer.line(`export ${name}=${value}`);
  printer.line('');
  printer.line('oss-envelope keygen rsa my-keys');
  printer.line(
    `echo 'seize the day' | oss-envelope cp --key-folder my-keys - oss://${flags.bucket}/motto.txt`,
  );
  printer.line(`oss-envelope cat --kms-key alias/local --kms-endpoint ${kms.url} oss://${flags.bucket}/KEY`);
  printer.line('');
  printer.note(printer.text('localStop'));
  if (!signal.aborted) await once(signal, 'abort');
  await Promise.all([oss.close(), kms.close()]);
  return exitCode.done;
}
