// A reader of our own: OSS answers with a few small documents of nested elements. The smallest well-kept parser that
// decodes entities and refuses what is not well-formed is fast-xml-parser 5. Minified and compressed, it is larger
// than a whole transport. This one reads less than XML and refuses the rest. It knows no DOCTYPE, and so no entities
// but the five of XML 1.0 §4.6 and character references. It takes no text beside elements, and its depth is bounded.

/** An element: its text, or its children by name in their order. */
export interface XmlElement {
  readonly name: string;
  /** The decoded text of an element without children. */
  readonly text: string;
  readonly children: readonly XmlElement[];
}

const maxDepth = 16;

const entities: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['apos', "'"],
  ['gt', '>'],
  ['lt', '<'],
  ['quot', '"'],
]);

// One token at a time, from where the last one ended; no part of it can match the same text in two ways.
const token =
  /<\?[^>]*\?>|<!--(?:(?!--).)*-->|<!\[CDATA\[((?:(?!\]\]>).)*)\]\]>|<\/([\w.:-]+)\s*>|<([\w.:-]+)((?:\s+[\w.:-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>|([^<]+)/sy;

function malformed(): never {
  throw new SyntaxError('not well-formed');
}

function decodeText(text: string): string {
  return text.replace(/&([^&;]{0,10});?/g, (reference: string, name: string) => {
    if (!reference.endsWith(';')) malformed();
    const number = /^#(?:x([0-9a-fA-F]{1,6})|([0-9]{1,7}))$/.exec(name);
    if (!number) return entities.get(name) ?? malformed();
    const codePoint = number[1] === undefined ? Number(number[2]) : Number.parseInt(number[1], 16);
    // XML 1.0 §2.2: no NUL and no surrogates.
    if (codePoint === 0 || codePoint > 0x10ffff || (codePoint >= 0xd800 && codePoint <= 0xdfff)) malformed();
    return String.fromCodePoint(codePoint);
  });
}

/**
 * The root element of a document; undefined when it is not well-formed, or more than this reader takes. Namespaces and
 * attributes are passed over.
 */
export function parseXml(document: string): XmlElement | undefined {
  try {
    return readDocument(document);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function readDocument(document: string): XmlElement {
  interface OpenElement {
    readonly name: string;
    text: string;
    readonly children: XmlElement[];
  }
  // No tag has its name, so none closes it.
  const top: OpenElement = { name: '', text: '', children: [] };
  const open = [top];
  const text = document.replace(/^\ufeff/, '');
  token.lastIndex = 0;
  while (token.lastIndex < text.length) {
    const match = token.exec(text);
    if (!match) return malformed();
    const [, cdata, closed, opened, , selfClosed, characters] = match;
    const current = open.at(-1)!;
    if (opened !== undefined) {
      const element: OpenElement = { name: opened, text: '', children: [] };
      current.children.push(element);
      if (selfClosed === '' && open.push(element) > maxDepth) malformed();
    } else if (closed !== undefined) {
      if (current.name !== closed) malformed();
      if (current.children.length > 0) {
        if (/\S/.test(current.text)) malformed();
        current.text = '';
      }
      open.pop();
    } else if (cdata !== undefined) {
      current.text += cdata;
    } else if (characters !== undefined) {
      current.text += decodeText(characters);
    }
  }
  const root = top.children[0];
  if (open.length !== 1 || top.children.length !== 1 || !root || /\S/.test(top.text)) return malformed();
  return root;
}

/** The text of the only child of that name; `undefined` when there is none, or more than one. */
export function childText(element: XmlElement, name: string): string | undefined {
  const [only, another] = element.children.filter((child) => child.name === name);
  return another === undefined ? only?.text : undefined;
}

/** A text as the content of an element. */
export function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
