/** The content of an XML element: text, child elements, or several elements of the same name. */
type XmlValue = string | number | boolean | Date | XmlElements | readonly XmlValue[] | undefined;

/** Child elements by name, in order. `undefined` leaves an element out. */
export interface XmlElements {
  readonly [name: string]: XmlValue;
}

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};

/** What most texts have none of, so that a list of a thousand objects takes few milliseconds. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it looks for them
const suspicious = /[&<>"\u0000-\u001f\u007f-\u009f]/;

function escapeText(text: string): string {
  if (!suspicious.test(text)) return text;
  return text.replace(/[&<>"]|(?![\t\n])\p{Cc}/gu, (c) => escapes[c] ?? `&#${c.codePointAt(0)};`);
}

function formatElement(name: string, value: XmlValue): string {
  if (value === undefined) return '';
  if (Array.isArray(value)) {
    let text = '';
    for (const item of value) text += formatElement(name, item);
    return text;
  }
  return `<${name}>${formatContent(value)}</${name}>`;
}

function formatContent(value: XmlValue): string {
  if (value instanceof Date) return formatInstant(value);
  if (typeof value === 'object') {
    const elements = value as XmlElements;
    let text = '';
    for (const name of Object.keys(elements)) text += formatElement(name, elements[name]);
    return text;
  }
  return escapeText(String(value));
}

/** An instant as OSS writes it: in whole seconds, with milliseconds that are always 000. oss2 reads no other form. */
export function formatInstant(instant: Date): string {
  return instant.toISOString().replace(/\.\d{3}Z$/, '.000Z');
}

/** The content of a root element: text, elements, or runs of elements whose order matters. */
export type XmlContent = string | XmlElements | readonly XmlElements[];

/** An XML document with one root element. */
export function formatXml(root: string, content: XmlContent): string {
  const runs = Array.isArray(content)
    ? (content as readonly XmlElements[])
    : [content as string | XmlElements];
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root}>${runs.map(formatContent).join('')}</${root}>`;
}
