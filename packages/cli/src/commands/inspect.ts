import { readHeadersFile } from '../inspection/headers-file.js';
import { type Inspection, inspectAnswer, inspectHeaders } from '../inspection/inspection.js';
import { type ExitCode, exitCode } from '../output/exit-code.js';
import { formatDescription, formatSize, printable } from '../output/printable.js';
import type { Printer, TextName } from '../output/printer.js';
import { formatTable } from '../output/table.js';
import type { Session } from '../session.js';
import { formatOssUrl, isOssUrl, parseObjectUrl } from '../settings/oss-url.js';

/**
 * Shows the envelope of an object, or of a file of headers, without any key.
 *
 * @returns that it is malformed, where it cannot be read
 */
export async function inspect(session: Session, target: string): Promise<ExitCode> {
  const { printer } = session;
  if (!isOssUrl(target)) {
    return show(printer, target, inspectHeaders(await readHeadersFile(target)), undefined);
  }
  const place = parseObjectUrl(target);
  const transport = await session.transport(place.bucket);
  const answer = await transport.head({ key: place.key, headers: {}, signal: session.signal });
  const length = answer.headers['content-length'];
  const storedSizeBytes = length === undefined ? undefined : Number(length);
  return show(printer, formatOssUrl(place), inspectAnswer(answer), storedSizeBytes);
}

function show(
  printer: Printer,
  place: string,
  inspection: Inspection,
  storedSizeBytes: number | undefined,
): ExitCode {
  printer.record({ place, storedSizeBytes, ...inspection });
  if (!inspection.encrypted) {
    printer.line(printer.text('inspectPlain', { place }));
    return exitCode.done;
  }
  const text: Printer['text'] = (name, values) => printer.text(name, values);
  const rows: [string, string][] = [
    [text('object'), printable(place)],
    ...(storedSizeBytes === undefined
      ? []
      : [[text('stored'), formatSize(storedSizeBytes)] as [string, string]]),
  ];
  if (inspection.fault !== undefined) {
    rows.push([text('envelope'), printable(inspection.fault)]);
  } else {
    const state = text(inspection.authenticated ? 'authenticated' : 'unauthenticated');
    rows.push(
      [text('format'), `${inspection.format} (${state})`],
      [text('content'), inspection.contentAlgorithm ?? '-'],
      [text('writtenBy'), inspection.writers.join(text('writersOr')) || text('unknownWriter')],
    );
    if (inspection.recordedSizeBytes !== undefined) {
      rows.push([text('recordedSize'), text('bytes', { count: inspection.recordedSizeBytes })]);
    }
    inspection.keys.forEach((key, index) => {
      const bits = key.keyBits === undefined ? '' : text('bits', { count: key.keyBits });
      rows.push([
        text('keyNumber', { number: index + 1 }),
        `${printable(key.wrapAlgorithm)}${bits}; ${formatDescription(key.description)}`,
      ]);
    });
    if (inspection.context !== undefined) {
      rows.push([text('context'), formatDescription(inspection.context)]);
    }
    if (inspection.bound !== undefined) {
      rows.push([text('boundTo'), text(inspection.bound === 'key' ? 'boundToName' : 'boundToNothing')]);
    }
  }
  for (const warning of inspection.warnings) rows.push([text('warning'), text(warningTexts[warning])]);
  printer.line(formatTable(rows));
  return inspection.fault === undefined ? exitCode.done : exitCode.integrity;
}

const warningTexts: Readonly<Record<Inspection['warnings'][number], TextName>> = {
  'counter-mode': 'warningCounterMode',
  'recorded-md5': 'warningRecordedMd5',
  'small-rsa-key': 'warningSmallRsaKey',
  'half-envelope': 'warningHalfEnvelope',
  unsupported: 'warningUnsupported',
  unbound: 'warningUnbound',
  'pkcs1-padding': 'warningPkcs1Padding',
};
