import { anyCharacter } from '@oss-envelope/test-kit/any-character';
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

  it.each([
    ['<a>x<!-- - <b> -->y</a>', 'xy'],
    ['<a><!---->x</a>', 'x'],
    ['<a><!--\n-->x</a>', 'x'],
    ['<a>x<?pi a="b"?>y</a>', 'xy'],
    ['<a><![CDATA[]]></a>', ''],
    ['<a><![CDATA[x]y]]z]]></a>', 'x]y]]z'],
    ['<a><![CDATA[\n&amp;]]>&amp;</a>', '\n&amp;&'],
    ['<a b="1" c = \'"\'\td=">"  >x</a>', 'x'],
    ['<a\nb="1"/>', ''],
    ['<a  b=""\n\tc = \'1 "2" 3\' d=\'\'>x</a>', 'x'],
    ['<a />', ''],
    ['<a >x</a >', 'x'],
    ['<a:b.c-d_9>x</a:b.c-d_9>', 'x'],
    ['\n<a>x</a>\n', 'x'],
    ['<a>&#9;&#x9;&#0000065;&#x000041;</a>', '\t\tAA'],
    ['<a>&#xD7FF;&#xe000;&#x10ffff;</a>', '\ud7ff\ue000\u{10ffff}'],
    ['<a>&#55295;&#57344;&#1114111;</a>', '\ud7ff\ue000\u{10ffff}'],
    ['<a>\ufeff</a>', '\ufeff'],
  ])('reads the text of %j', (document, text) => {
    expect(parsed(document).text).toBe(text);
  });

  it('gives the children in their order, and no text beside them', () => {
    expect(parsed('<a>\n<b>1</b>\t<c><d/></c>\n<b>2</b>\n</a>')).toEqual({
      name: 'a',
      text: '',
      children: [
        { name: 'b', text: '1', children: [] },
        { name: 'c', text: '', children: [{ name: 'd', text: '', children: [] }] },
        { name: 'b', text: '2', children: [] },
      ],
    });
  });

  it('reads as deep as OSS writes, and deeper', () => {
    expect(parseXml('<a>'.repeat(15) + '</a>'.repeat(15))).toBeDefined();
    expect(parseXml(`${'<a>'.repeat(15)}<a/>${'</a>'.repeat(15)}`)).toBeDefined();
    expect(parseXml('<a>'.repeat(16) + '</a>'.repeat(16))).toBeUndefined();
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
    '<a b="1"c="2"></a>',
    '<a b="1></a>',
    "<a b='<'></a>",
    '<a b=\'1"></a>',
    '<a 2 ="1" 3></a>',
    '<>x</>',
    '< a></a>',
    '<a></ a>',
    '<a/ >',
    '<a!></a!>',
    '<a b="<"></a>',
    '<a',
    '<a>&nbsp;</a>',
    '<a>&amp</a>',
    '<a>&lt&gt;</a>',
    '<a>&#;</a>',
    '<a>&#x;</a>',
    '<a>&#xg;</a>',
    '<a>&#x0000041;</a>',
    '<a>&#00000065;</a>',
    '<a>&#a65;</a>',
    '<a>&x#65;</a>',
    '<a>&#65x;</a>',
    '<a>&#X41;</a>',
    '<a>&#xDFFF;</a>',
    '<a>&#55296;</a>',
    '<a>&#1114112;</a>',
    '<a>&constructor;</a>',
    '<a>&;</a>',
    '<a>&#0;</a>',
    '<a>&#xD800;</a>',
    '<a>&#x110000;</a>',
    '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
    '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
    '<a><![CDATA[x</a>',
    '<![CDATA[x]]><a/>',
    '<a><b/><![CDATA[x]]></a>',
    '<a><![cdata[x]]></a>',
    '<a><!-- --</a>',
    '<?pi <a/>',
    '\ufeff\ufeffx<a/>',
    'x\ufeff<a/>',
    '<a><!-- -- --></a>',
    '<a>'.repeat(17) + '</a>'.repeat(17),
  ])('refuses %j', (document) => {
    expect(parseXml(document)).toBeUndefined();
  });

  it('takes nothing that is no text for a document that cannot be read', () => {
    expect(() => parseXml(undefined as never)).toThrow(TypeError);
  });

  it('reads back any text', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: anyCharacter }),
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
