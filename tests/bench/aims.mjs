// What the project aims at, and what a run found of it: the rows of the one table.

/** The comparison of an arm with a baseline, in a group of transfers; by one kind of server where that is given. */
const transfer =
  (title, arm, baseline, serverTitle) =>
  ({ sections }) =>
    sections.transfers?.groups
      .find((group) => group.title === title && (serverTitle ?? group.serverTitle) === group.serverTitle)
      ?.comparisons.find((found) => found.arm === arm && found.baseline === baseline)?.wall;

const small =
  (concurrency, arm, baseline, need = 'wall') =>
  ({ sections }) =>
    sections.small
      ?.find((found) => found.concurrency === concurrency)
      ?.comparisons.find((found) => found.arm === arm && found.baseline === baseline)?.[need];

const smallMilliseconds =
  (concurrency, arm) =>
  ({ sections }) => {
    const cost = sections.small
      ?.find((found) => found.concurrency === concurrency)
      ?.costs.find((found) => found.arm === arm);
    return cost && { median: cost.wallSeconds * 1000 };
  };

const pipeline =
  (arm) =>
  ({ sections }) =>
    sections.pipeline?.comparisons.find(
      (found) => found.arm === arm && found.baseline === 'bare createCipheriv',
    )?.cpu;

const peer =
  (name) =>
  ({ sections }) =>
    sections.peers?.comparisons?.find(({ baseline }) => baseline === name)?.wall;

/** A cipher, a CRC-64 and RSA with nothing around them, in the place of ours: what no library that encrypts can pass. */
const bareTransfer = (title, plain, serverTitle) =>
  transfer(title, `${plain}, and bare cryptography`, plain, serverTitle);

/** The reverse of a ratio: how many times the baseline's need. */
const inverted = (find) => (run) => {
  const found = find(run);
  return found && { median: 1 / found.median, least: 1 / found.greatest, greatest: 1 / found.least };
};

function checkpoint({ sections }) {
  const last = sections.checkpoint?.at(-1);
  return last && { median: last.milliseconds };
}

/** The growth of the way that grows the most, from the smallest to the largest object. */
const growth =
  (peaksName) =>
  ({ sections }) => {
    const grown = (sections.memory?.ways ?? []).flatMap(({ isComparison, [peaksName]: peaks = [] }) => {
      const measured = peaks.filter((peak) => peak != null);
      return isComparison || measured.length < 2 ? [] : [measured.at(-1) - measured[0]];
    });
    return grown.length === 0 ? undefined : { median: Math.max(...grown) };
  };

const least = (value, others = {}) => ({ kind: 'least', value, ...others });
const most = (value, others = {}) => ({ kind: 'most', value, ...others });

/**
 * Each with its aim, on processors of AMD and on a version of Node another one where that is given, and how it is found in
 * a run. Without an aim it is told all the same. A bound is what bare cryptography leaves in the same run. Where
 * it is excused by the next row, that one may be reached instead.
 */
export const rows = [
  {
    what: '1 KiB put, of ali-oss with as many headers',
    aim: least(0.9),
    find: small(1, 'encrypted put', 'plain put, as many headers'),
    bound: small(1, 'plain put, as many headers, and bare cryptography', 'plain put, as many headers'),
  },
  {
    what: 'the same, 16 at once',
    aim: least(0.9),
    find: small(16, 'encrypted put', 'plain put, as many headers'),
    bound: small(16, 'plain put, as many headers, and bare cryptography', 'plain put, as many headers'),
  },
  {
    what: '1 KiB put, 16 at once: client CPU, times that of a plain put',
    aim: most(1.6),
    find: inverted(small(16, 'encrypted put', 'plain put', 'cpu')),
    bound: inverted(small(16, 'plain put, as many headers, and bare cryptography', 'plain put', 'cpu')),
  },
  {
    what: '1 KiB read of an open object, of ali-oss get of it',
    aim: least(0.95),
    find: small(1, 'read of an open object', 'plain get of the encrypted object'),
    bound: small(
      1,
      'plain ranged get of the encrypted object, and bare cryptography',
      'plain get of the encrypted object',
    ),
  },
  {
    what: 'the same, 16 at once',
    aim: least(0.95),
    find: small(16, 'read of an open object', 'plain get of the encrypted object'),
    bound: small(
      16,
      'plain ranged get of the encrypted object, and bare cryptography',
      'plain get of the encrypted object',
    ),
  },
  {
    what: '1 KiB get, RSA PKCS#1 v1.5, ms',
    aim: most(2.1),
    find: smallMilliseconds(1, 'encrypted get, PKCS#1 v1.5'),
    bound: smallMilliseconds(1, 'plain get, then two bare RSA private operations'),
  },
  {
    what: 'Large object up in one request, of put(path)',
    short: 'upload in one request',
    aim: least(1.3),
    find: transfer('Upload over ali-oss', 'encrypted putFile', 'plain put(path)'),
  },
  {
    what: 'Large object up in parts, of multipartUpload',
    short: 'upload in parts',
    aim: least(1, { amd: 1.2 }),
    find: transfer('Upload over ali-oss', 'encrypted putFile in parts', 'plain multipartUpload'),
  },
  {
    what: 'Large object down to a file, of getStream to a file',
    short: 'download to a file',
    aim: least(0.9, { amd: 1.2 }),
    find: transfer('Download over ali-oss', 'encrypted getToFile', 'plain getStream to a file'),
  },
  {
    what: 'Large object down to nowhere, of getStream to nowhere',
    short: 'download, read and dropped',
    aim: least(0.6, { amd: 0.7 }),
    find: transfer('Download over ali-oss', 'encrypted chunks to nowhere', 'plain getStream to nowhere'),
  },
  {
    what: 'Over fetch, large object down to nowhere',
    short: 'download over fetch, read and dropped',
    aim: least(0.75),
    find: transfer('Download over fetch', 'encrypted chunks to nowhere', 'plain download to nowhere'),
    bound: bareTransfer('Download over fetch', 'plain download to nowhere'),
  },
  {
    what: 'Over fetch, 128 MiB up',
    short: 'upload over fetch',
    aim: least(0.95),
    find: transfer('Upload over fetch', 'encrypted putFile', "plain upload, redirect: 'error'", 'local OSS'),
    bound: bareTransfer('Upload over fetch', "plain upload, redirect: 'error'", 'local OSS'),
  },
  { what: 'Encrypted upload, of that by the Go SDK v2', aim: least(2), find: peer('Go v2') },
  { what: 'Encrypted upload, of that by oss2 for Python', aim: least(4), find: peer('oss2 2.19') },
  {
    what: 'Sealed, up in one request, of put(path)',
    short: 'sealed upload',
    aim: least(1),
    find: transfer('Upload over ali-oss', 'sealed putFile', 'plain put(path)'),
  },
  {
    what: 'Sealed, down to a file, of getStream to a file',
    short: 'sealed download to a file',
    aim: least(0.9),
    find: transfer('Sealed download over ali-oss', 'sealed getToFile', 'plain getStream to a file'),
  },
  {
    what: 'Sealing per CPU second, of bare AES-256-CTR',
    aim: least(0.55, { since24: 0.45 }),
    find: pipeline('sealed put without CRC-64, no I/O'),
    bound: pipeline('bare AES-256-GCM, freed at once'),
  },
  { what: 'the same, with the CRC-64 that OSS compares', find: pipeline('sealed put, no I/O') },
  {
    what: 'Opening per CPU second into a file or the like, of bare AES-256-CTR',
    aim: least(0.55, { since24: 0.45 }),
    find: pipeline('sealed download without CRC-64, no I/O'),
    bound: pipeline('bare AES-256-GCM opened, freed at once'),
  },
  { what: 'the same, with the CRC-64', find: pipeline('sealed download, no I/O') },
  {
    what: 'Opening per CPU second for a reader who may keep chunks, of bare AES-256-CTR',
    aim: least(0.55, { since24: 0.45 }),
    find: pipeline('sealed get without CRC-64, no I/O'),
    bound: pipeline('bare AES-256-GCM opened, chunks of 16 KiB'),
  },
  { what: 'the same, with the CRC-64', find: pipeline('sealed get, no I/O') },
  {
    what: 'Sealed 1 KiB put, keys shared, of a plain one',
    short: 'sealed put of 1 KiB',
    aim: least(0.8),
    find: small(1, 'sealed put, keys shared', 'plain put'),
    bound: small(1, 'plain put, as many headers as sealed, and bare cryptography', 'plain put'),
  },
  {
    what: 'the same, 16 at once',
    aim: least(0.8),
    find: small(16, 'sealed put, keys shared', 'plain put'),
    bound: small(16, 'plain put, as many headers as sealed, and bare cryptography', 'plain put'),
  },
  {
    what: 'Sealed 1 KiB get, keys shared, of a plain one',
    short: 'sealed get of 1 KiB',
    aim: least(0.8),
    find: small(1, 'sealed get, keys shared', 'plain get'),
    bound: small(1, 'plain get of the sealed object, and bare cryptography', 'plain get'),
  },
  {
    what: 'the same, 16 at once',
    aim: least(0.8),
    find: small(16, 'sealed get, keys shared', 'plain get'),
    bound: small(16, 'plain get of the sealed object, and bare cryptography', 'plain get'),
  },
  {
    what: 'Rewrap, of HEAD and COPY by hand',
    short: 'rewrap of an object, against HEAD and COPY by hand',
    find: small(1, 'rewrap, ACL known', 'HEAD and COPY by hand'),
  },
  { what: 'Upload with a checkpoint, 10,000 parts, ms a part', aim: most(0.3), find: checkpoint },
  {
    what: 'Growth of peak memory by the size of the object, MiB',
    aim: most(16),
    find: growth('peaks'),
    isExcusedByNextRow: true,
  },
  {
    what: "the same, of the peak of V8's old generation, MiB",
    aim: most(8),
    find: growth('old'),
  },
  {
    what: 'the same, of what a collection leaves at the end, MiB',
    aim: most(1),
    find: growth('collected'),
  },
];

/** The aim of a row for one run, as a number; undefined for none. */
export function aimFor({ aim }, { processor, nodeMajor }) {
  if (aim === undefined) return undefined;
  if (/AMD/.test(processor) && aim.amd !== undefined) return aim.amd;
  return nodeMajor >= 24 && aim.since24 !== undefined ? aim.since24 : aim.value;
}

/** The aim of a row, in words. */
export function aimText({ aim, isExcusedByNextRow }) {
  if (aim === undefined) return '–';
  const others = [
    ...(aim.amd === undefined ? [] : [`AMD ${aim.amd}`]),
    ...(aim.since24 === undefined ? [] : [`Node 24 ${aim.since24}`]),
  ];
  const orElse = isExcusedByNextRow ? ', or the next row' : '';
  return `${aim.kind === 'most' ? '≤ ' : ''}${aim.value}${others.length > 0 ? ` (${others.join(', ')})` : ''}${orElse}`;
}

/** Whether a run has reached the aim of a row; undefined where there is none, or nothing was found. */
export function isReached(row, run) {
  const [found, aim] = [row.find(run), aimFor(row, run)];
  if (found === undefined || aim === undefined) return undefined;
  if (row.aim.kind === 'least' ? found.median >= aim : found.median <= aim) return true;
  return Boolean(row.isExcusedByNextRow) && isReached(rows[rows.indexOf(row) + 1], run) === true;
}
