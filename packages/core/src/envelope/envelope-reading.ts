import type { Headers } from '../contract/object-transport.js';
import { MalformedEnvelopeError } from '../errors/errors.js';
import { readCounterEnvelope } from './counter-envelope-reading.js';
import type { EnvelopeState, FormatRow } from './envelope.js';
import { isEnvelopeHeader } from './envelope-header-names.js';
import { signs } from './format-reading.js';
import { formats } from './formats.js';
import { shownName } from './header-value.js';
import { printableEnvelope } from './printable-envelope.js';
import { readSealedEnvelope } from './sealed-envelope-reading.js';
import { metadataPrefix } from './user-metadata.js';

/** How strictly an envelope is read. */
export interface ParseEnvelopeOptions {
  /**
   * Reads some envelopes that break the rules: an absent content algorithm in `'client-side-encryption'` (which oss2
   * reads too), and recorded lengths and digests that do not parse (they are left out).
   */
  readonly lenient?: boolean | undefined;
}

/**
 * Reads the envelope from an object's headers (names in any case; others are ignored). Accepts every spelling that a
 * version of an official SDK wrote.
 *
 * @throws MalformedEnvelopeError for half an envelope, a header twice, headers of two formats, or values that do not parse
 * @throws AlgorithmNotSupportedError for an unknown version, content or wrap algorithm
 *
 * @example
 * const { headers } = await transport.head({ key: 'motto.txt', headers: {} });
 * const state = parseEnvelope(headers);
 * state.kind === 'enveloped' && state.envelope.format; // => 'sealed'
 */
export function parseEnvelope(headers: Headers, options: ParseEnvelopeOptions = {}): EnvelopeState {
  const byName = headersByName(headers);
  let row: FormatRow | undefined;
  for (const name of byName.keys()) {
    const signed = signedRow(name);
    if (signed === undefined) continue;
    row ??= signed;
    if (signed === row) continue;
    // S16, of any two formats.
    throw new MalformedEnvelopeError(
      'The object has envelope headers of two formats, so nobody can tell which one is true. ' +
        'Find out which tool added the second set, and restore the metadata.',
    );
  }
  if (row === undefined) return { kind: 'plain' };
  const envelope =
    row.kind === 'sealed' ? readSealedEnvelope(row, byName) : readCounterEnvelope(row, byName, options);
  return { kind: 'enveloped', envelope: printableEnvelope(envelope) };
}

const rows = Object.values(formats);

/** The format that a header, its name in lower case, is a sign of. No header is one of two formats. */
function signedRow(name: string): FormatRow | undefined {
  for (const row of rows) if (signs[row.name](name)) return row;
  return undefined;
}

/** The metadata headers by their names in lower case. S16: none of an envelope is there twice. */
function headersByName(headers: Headers): ReadonlyMap<string, string> {
  const byName = new Map<string, string>();
  for (const spelled of Object.keys(headers)) {
    const name = spelled.toLowerCase();
    if (!name.startsWith(metadataPrefix)) continue;
    if (byName.has(name) && isEnvelopeHeader(name)) {
      throw new MalformedEnvelopeError(
        `The object has the metadata header ${shownName(name)} twice, so nobody can tell which one is true. Restore the metadata.`,
      );
    }
    byName.set(name, headers[spelled] as string);
  }
  return byName;
}
