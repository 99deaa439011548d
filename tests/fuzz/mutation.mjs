// Makes inputs out of valid ones, with an eye on how they are built. All of it follows from a seed.

/** Numbers from 0 to 1 out of a seed (mulberry32). */
export function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const numbers = [
  '0',
  '-1',
  '1',
  '-0',
  '1.5',
  '1e3',
  '1e999',
  '0x10',
  '00',
  '10000',
  '10001',
  '2147483648',
  '4294967296',
  '9007199254740991',
  '9007199254740992',
  '18446744073709551615',
  '18446744073709551616',
  '９',
  'NaN',
  '',
];
const texts = [
  '',
  ' ',
  '\u0000',
  '\n',
  '\r\n',
  '"',
  "'",
  '\\',
  '\ud800',
  'é',
  '云',
  '__proto__',
  'constructor',
  'toString',
  '%00',
  '%ff',
  '../',
  'null',
  'true',
  '&#0;',
  '&#xD800;',
  '&amp;',
  '&a;',
  ']]>',
  '<!--',
  '<!DOCTYPE a>',
  '=',
  '==',
  '-_',
  'A',
];
const jsonValues = [
  null,
  true,
  0,
  -1,
  1e308,
  '',
  'x',
  [],
  {},
  [[]],
  '__proto__',
  [null],
  { a: 'b' },
  'x'.repeat(9000),
];

/** @param random gives numbers from 0 to 1 */
export function mutator({ syntax, seeds }, random) {
  const below = (count) => Math.floor(random() * count);
  const pick = (list) => list[below(list.length)];
  const place = (text) => below(text.length + 1);
  const span = (text) => {
    const from = place(text);
    return [from, Math.min(text.length, from + 1 + below(random() < 0.8 ? 8 : text.length))];
  };

  const anywhere = [
    (text) => {
      const [from, to] = span(text);
      return text.slice(0, from) + text.slice(to);
    },
    (text) => {
      const [from, to] = span(text);
      return text.slice(0, to) + text.slice(from, to) + text.slice(to);
    },
    (text) => {
      const at = place(text);
      return (
        text.slice(0, at) + String.fromCharCode(below(random() < 0.9 ? 256 : 65_536)) + text.slice(at + 1)
      );
    },
    (text) => {
      const at = place(text);
      return text.slice(0, at) + pick(texts) + text.slice(at);
    },
    (text) => {
      const other = pick(seeds);
      return text.slice(0, place(text)) + other.slice(place(other));
    },
    (text) => {
      const [from, to] = span(text);
      return (
        text.slice(0, to) +
        text.slice(from, to).repeat(1 + below(random() < 0.95 ? 20 : 2000)) +
        text.slice(to)
      );
    },
    (text) => {
      const found = [...text.matchAll(/\d+/g)];
      if (found.length === 0) return text;
      const { index, 0: digits } = pick(found);
      return text.slice(0, index) + pick(numbers) + text.slice(index + digits.length);
    },
  ];

  /** A value with one of its parts changed. */
  const changedJson = (value) => {
    if (random() < 0.2 || typeof value !== 'object' || value === null) {
      if (typeof value === 'string' && random() < 0.7) {
        // A text that is JSON itself, as a record of a checkpoint is.
        const inner = value.startsWith('{') ? tryJson(value) : undefined;
        return inner === undefined ? pick(anywhere)(value) : JSON.stringify(changedJson(inner));
      }
      return pick(jsonValues);
    }
    const entries = Object.entries(value);
    const at = below(entries.length || 1);
    const way = random();
    if (way < 0.15) entries.splice(at, 1);
    else if (way < 0.3)
      entries.push([random() < 0.5 ? pick(texts) : `${pick(entries)?.[0]}`, pick(jsonValues)]);
    else if (entries[at] !== undefined && way < 0.4)
      entries[at] = [pick(anywhere)(entries[at][0]), entries[at][1]];
    else if (entries[at] !== undefined) entries[at] = [entries[at][0], changedJson(entries[at][1])];
    if (Array.isArray(value)) return entries.map(([, item]) => item);
    return Object.fromEntries(entries);
  };
  const ways = {
    text: [],
    json: [
      (text) => {
        const value = tryJson(text);
        return value === undefined ? text : JSON.stringify(changedJson(value));
      },
      (text) => text.replace('{', `{"__proto__":${JSON.stringify(pick(jsonValues))},`),
      (text) => `${pick(['[', '{"a":'])}`.repeat(1 + below(5000)) + text,
    ],
    xml: [
      // A whole element away, twice, or in another.
      (text) => {
        const found = [...text.matchAll(/<(\w+)>[^<]*<\/\1>/g)];
        if (found.length === 0) return text;
        const { index, 0: element } = pick(found);
        const put = pick([
          '',
          element + element,
          `<x>${element}</x>`,
          element.toLowerCase(),
          element.replace(/>[^<]*</, `>${pick([...numbers, ...texts])}<`),
        ]);
        return text.slice(0, index) + put + text.slice(index + element.length);
      },
      (text) => text.replace('>', `>${'<a>'.repeat(1 + below(50))}`),
      (text) => text.replace('>', ` ${pick(['a="1"', "a='<'", 'a=1', 'a="1" a="2"'])}>`),
    ],
    der: [
      // Tags and lengths lie behind each other: a length that lies, in all of its forms.
      (text) => {
        const at = place(text);
        const length = pick([
          '\x00',
          '\x7f',
          '\x80',
          '\x81\x00',
          '\x81\x80',
          '\x82\xff\xff',
          '\x84\xff\xff\xff\xff',
          '\x88\xff\xff\xff\xff\xff\xff\xff\xff',
        ]);
        return text.slice(0, at) + length + text.slice(at + 1);
      },
      (text) => {
        const at = pick([0, 1, 2, 3, 4, 5, 6, 20, 24, 26, 30]);
        return text.slice(0, at) + String.fromCharCode(below(256)) + text.slice(at + 1);
      },
      (text) => text.slice(0, place(text)),
    ],
    pem: [
      (text) => text.replaceAll('\n', pick(['', '\r\n', '\\n', ' ', '\n\n'])),
      (text) =>
        text.replace(
          /(BEGIN|END) (\w+)/,
          (_, word) => `${word} ${pick(['RSA', 'EC', 'ENCRYPTED', 'CERTIFICATE', ''])}`,
        ),
      (text) => text + pick(seeds),
      (text) => text.replace('\n', '\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\n'),
    ],
    lines: [
      (text) => {
        const lines = text.split('\n');
        lines.splice(below(lines.length + 1), below(2), pick(lines));
        return lines.join('\n');
      },
      (text) => {
        const lines = text.split('\n');
        const at = below(lines.length);
        const value = tryJson(lines[at]);
        if (value !== undefined) lines[at] = JSON.stringify(changedJson(value));
        return lines.join('\n');
      },
    ],
    csv: [
      // A field away, twice, quoted, empty, or another.
      (text) => {
        const rows = text.split('\n');
        const at = below(rows.length);
        const fields = rows[at].split(',');
        const column = below(fields.length);
        const field = fields[column];
        const put = pick([
          [],
          [field, field],
          [`"${field}"`],
          [`"${field}`],
          [field.replaceAll('"', '""')],
          [''],
          [
            pick([
              ...numbers,
              ...texts,
              'null',
              'true',
              'False',
              'DELETE',
              '%',
              '%zz',
              '%2e%2e%2fa',
              'a+b',
              '%00',
            ]),
          ],
        ]);
        fields.splice(column, 1, ...put);
        rows[at] = fields.join(',');
        return rows.join('\n');
      },
      (text) => {
        const rows = text.split('\n');
        rows.splice(below(rows.length + 1), below(2), pick(rows));
        return rows.join(pick(['\n', '\r\n', '\r']));
      },
    ],
  };
  const own = ways[syntax];

  return () => {
    let text = pick(seeds);
    const steps = 1 + below(random() < 0.7 ? 3 : 12);
    for (let step = 0; step < steps; step++) {
      text = pick(own.length > 0 && random() < 0.5 ? own : anywhere)(text);
      if (text.length > 65_536) text = text.slice(0, 65_536);
    }
    return text;
  };
}

function tryJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
