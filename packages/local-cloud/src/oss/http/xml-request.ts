import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { OssError } from './oss-error.js';

const textNode = '#text';
const cdataNode = '#cdata';
const lists: ReadonlySet<string> = new Set(['Object', 'Part', 'Tag']);

// References are resolved here, not by the parser: it drops those of characters that XML 1.0 cannot hold, and a key
// that lost a character is another key.
const parser = new XMLParser({
  ignoreAttributes: true,
  parseTagValue: false,
  trimValues: false,
  processEntities: false,
  textNodeName: textNode,
  cdataPropName: cdataNode,
  isArray: (name) => lists.has(name),
});

const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function malformed(): OssError {
  return new OssError('MalformedXML');
}

function resolveReference(name: string): string {
  const number = /^#(?:x([0-9A-Fa-f]{1,6})|(\d{1,7}))$/.exec(name);
  if (!number) {
    const text = Object.hasOwn(named, name) ? named[name] : undefined;
    if (text === undefined) throw malformed();
    return text;
  }
  const codePoint = number[1] === undefined ? Number(number[2]) : Number.parseInt(number[1], 16);
  // No key holds a NUL or half a surrogate pair. Other control characters are taken: SDKs write keys so.
  if (codePoint === 0 || codePoint > 0x10ffff || (codePoint >= 0xd800 && codePoint <= 0xdfff))
    throw malformed();
  return String.fromCodePoint(codePoint);
}

function resolveReferences(text: string): string {
  return text.replace(/&([^;&]*)(;?)/g, (_whole, name: string, end: string) => {
    if (end === '') throw malformed();
    return resolveReference(name);
  });
}

/** Text as the document means it; elements as records. */
function resolved(value: unknown): unknown {
  if (typeof value === 'string') return resolveReferences(value);
  if (Array.isArray(value)) return value.map(resolved);
  if (typeof value !== 'object' || value === null) return value;
  const { [textNode]: text = '', [cdataNode]: cdata, ...children } = value as Record<string, unknown>;
  if (cdata !== undefined) {
    // The parser does not say in which order text and CDATA stood.
    if (typeof cdata !== 'string' || String(text).trim() !== '' || Object.keys(children).length > 0) {
      throw malformed();
    }
    return cdata;
  }
  if (String(text).trim() !== '') throw malformed();
  return Object.fromEntries(Object.entries(children).map(([name, child]) => [name, resolved(child)]));
}

/**
 * Parses an XML request body and gives the content of its root element.
 * @throws {OssError} `MalformedXML` for anything that is not well-formed or has another root.
 */
export function parseXml(text: string, root: string): unknown {
  // No OSS request has a document type; without one there are no entities to define.
  if (text.includes('<!DOCTYPE') || XMLValidator.validate(text) !== true) throw malformed();
  let parsed: unknown;
  try {
    parsed = parser.parse(text);
  } catch {
    throw malformed();
  }
  if (typeof parsed !== 'object' || parsed === null || !Object.hasOwn(parsed, root)) throw malformed();
  const content = (parsed as Record<string, unknown>)[root];
  // A second root, or text beside the root, is not well-formed.
  const beside = Object.keys(parsed).filter((name) => name !== root && name !== '?xml');
  if (Array.isArray(content) || beside.length > 0) throw malformed();
  return resolved(content);
}
