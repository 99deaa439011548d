import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { childText, escapeXml, parseXml, type XmlElement } from './xml-element.js';

function parsed(document: string): XmlElement {
  const root = parseXml(document);
  if (root === undefined) throw new Error('the document cannot be read');
  return root;
}

describe('parseXml', () => {
  it('reads what OSS writes', () => {
    const root = parsed(
      '\ufeff<?xml version="1.0" encoding="UTF-8"?>\n<!-- a -->\n<ListPartsResult xmlns="http://doc.oss-cn-hangzhou.aliyuncs.com" a=\'1\'>\n' +
        '  <Key>a&amp;b &lt;&gt;&quot;&apos;&#65;&#x1F600;</Key>\n  <Empty/><None></None><Data><![CDATA[<&]]>]]&gt;</Data >\n</ListPartsResult>\n',
    );
    expect(root.name).toBe('ListPartsResult');
    expect(childText(root, 'Key')).toBe('a&b <>"\'A😀');
    expect(childText(root, 'Empty')).toBe('');
    expect(childText(root, 'None')).toBe('');
    expect(childText(root, 'Data')).toBe('<&]]>');
    expect(childText(root, 'Missing')).toBeUndefined();
  });

  it('does not choose between two of a name', () => {
    expect(childText(parsed('<a><b>1</b><b>2</b></a>'), 'b')).toBeUndefined();
  });

  it.each([
    '',
    'text',
    '<a>',
    '</a>',
    '<a></b>',
    '<a><b></a></b>',
    '<a/><b/>',
    '<a>text<b/></a>',
    'x<a/>',
    '<a/>x',
    '<a b></a>',
    '<a b=1></a>',
    '<a b="<"></a>',
    '<a',
    '<a>&nbsp;</a>',
    '<a>&amp</a>',
    '<a>&;</a>',
    '<a>&#0;</a>',
    '<a>&#xD800;</a>',
    '<a>&#x110000;</a>',
    '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
    '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
    '<a><![CDATA[x</a>',
    '<a><!-- -- --></a>',
    '<a>'.repeat(17) + '</a>'.repeat(17),
  ])('refuses %j', (document) => {
    expect(parseXml(document)).toBeUndefined();
  });

  it('reads back any text', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        (value) => parsed(`<a>${escapeXml(value)}</a>`).text === value,
      ),
    );
  });

  it('ends on any text, quickly', () => {
    const piece = fc.constantFrom(
      '<',
      '>',
      '/',
      '!',
      '-',
      '[',
      ']',
      '&',
      ';',
      '"',
      "'",
      '=',
      ' ',
      'a',
      '<![CDATA[',
      '<!--',
    );
    fc.assert(fc.property(fc.array(piece, { maxLength: 200 }), (pieces) => void parseXml(pieces.join(''))));
    const hostile = [
      '<a '.repeat(200_000),
      '<!--'.repeat(200_000),
      `<a${' b="c"'.repeat(200_000)}`,
      '&'.repeat(500_000),
    ];
    for (const document of hostile) expect(parseXml(document)).toBeUndefined();
  });
});
