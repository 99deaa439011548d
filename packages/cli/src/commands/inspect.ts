import { readHeadersFile } from '../inspection/headers-file.js';
import { type Inspection, inspectHeaders } from '../inspection/inspection.js';
import { type ExitCode, exitCode } from '../output/exit-code.js';
import { formatDescription, formatSize, printable } from '../output/printable.js';
import type { Printer } from '../output/printer.js';
import { formatTable } from '../output/table.js';
import type { Session } from '../session.js';
import { formatOssUrl, isOssUrl, parseObjectUrl } from '../settings/oss-url.js';

/** Shows the envelope of an object, or of a file of headers, without any key. */
export async function inspect(session: Session, target: string): Promise<ExitCode> {
  const { printer } = session;
  if (!isOssUrl(target)) {
    show(printer, target, inspectHeaders(await readHeadersFile(target)), undefined);
    return exitCode.done;
  }
  const place = parseObjectUrl(target);
  const transport = await session.transport(place.bucket);
  const { headers } = await transport.head({ key: place.key, headers: {}, signal: session.signal });
  const storedSizeBytes =
    headers['content-length'] === undefined ? undefined : Number(headers['content-length']);
  show(printer, formatOssUrl(place), inspectHeaders(headers), storedSizeBytes);
  return exitCode.done;
}

function show(
  printer: Printer,
  place: string,
  inspection: Inspection,
  storedSizeBytes: number | undefined,
): void {
  printer.record({ place, storedSizeBytes, ...inspection });
  if (!inspection.encrypted) {
    printer.line(printer.text('inspectPlain', { place: printable(place) }));
    return;
  }
  const rows: [string, string][] = [
    ['object', printable(place)],
    ...(storedSizeBytes === undefined ? [] : [['stored', formatSize(storedSizeBytes)] as [string, string]]),
  ];
  if (inspection.fault !== undefined) {
    rows.push(['envelope', printable(inspection.fault)]);
  } else {
    rows.push(
      [
        'format',
        `${inspection.format} (${inspection.authenticated ? 'authenticated' : 'not authenticated'})`,
      ],
      ['content', inspection.contentAlgorithm ?? '-'],
      ['written by', inspection.writers.join(', or ') || 'an unknown program'],
    );
    if (inspection.recordedSizeBytes !== undefined)
      rows.push(['size recorded', `${inspection.recordedSizeBytes} bytes`]);
    inspection.keys.forEach((key, index) => {
      const bits = key.keyBits === undefined ? '' : `, ${key.keyBits} bits`;
      rows.push([
        `key ${index + 1}`,
        `${printable(key.wrapAlgorithm)}${bits}; ${formatDescription(key.description)}`,
      ]);
    });
    if (inspection.context !== undefined) rows.push(['context', formatDescription(inspection.context)]);
    if (inspection.bound !== undefined)
      rows.push(['bound to', inspection.bound === 'key' ? 'its name' : 'nothing']);
  }
  for (const warning of inspection.warnings) rows.push(['warning', warningTexts[warning]]);
  printer.line(formatTable(rows));
}

const warningTexts: Readonly<Record<Inspection['warnings'][number], string>> = {
  'counter-mode': 'counter mode: whoever can write to the bucket can change the content unseen',
  'recorded-md5': 'the MD5 of the plaintext is recorded: guesses can be tested against it',
  'small-rsa-key': 'the RSA key has less than 2048 bits',
  'half-envelope': 'the envelope is broken or only half of it is there',
  unbound: 'the object opens under any name',
  'pkcs1-padding': 'PKCS#1 v1.5: a wrong key does not always show',
};
