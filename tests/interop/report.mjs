// The outcome of a run as Markdown: what is in docs/interop.md.

import { ageMakers, ageVariants } from './age-peer.mjs';
import { objects, shapes } from './contents.mjs';
import { cellsOf, expectedOutcome, isTransfer } from './matrix.mjs';
import { schemes } from './schemes.mjs';
import { sealedChanges, sealedPeers, sealedSizes, sealedVariants } from './sealed-peers.mjs';
import { specialCases } from './special-cases.mjs';

const words = {
  right: '✓',
  refuses: 'refuses',
  ciphertext: 'ciphertext',
  whole: 'whole object',
  other: 'garbage',
};
const bytes = (count) => count.toLocaleString('en-US');

/** Collects notes, and gives each a number. */
class Notes {
  #texts = [];

  mark(text) {
    if (!this.#texts.includes(text)) this.#texts.push(text);
    return `<sup>${this.#texts.indexOf(text) + 1}</sup>`;
  }

  lines() {
    return this.#texts.map((text, index) => `${index + 1}. ${text}`);
  }
}

const row = (cells) => `| ${cells.join(' | ')} |`;
const groupBy = (items, keyOf) => {
  const groups = new Map();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
};

function cellText(cells, notes) {
  const [cell] = cells;
  const { rule } = cell;
  if (rule?.cannot !== undefined) return `–${notes.mark(rule.cannot)}`;
  if (!isTransfer(cell)) return '';
  const outcome = expectedOutcome(cell);
  if (rule === undefined) return outcome === 'refuses' ? '✓ refused' : words[outcome];
  return `${words[outcome]}${notes.mark(rule.because)}`;
}

/** One envelope with its description and without, in one row where both come out the same. */
function rowsOf(cells, textsOf) {
  return [...groupBy(cells, ({ scheme }) => scheme)].flatMap(([scheme, ofScheme]) => {
    const [plain, described] = [false, true].map((which) =>
      textsOf(ofScheme.filter(({ described }) => described === which)),
    );
    const { title } = schemes[scheme];
    if (JSON.stringify(plain) === JSON.stringify(described)) return [{ title, texts: plain }];
    return [
      { title: `${title}, without description`, texts: plain },
      { title: `${title}, with description`, texts: described },
    ];
  });
}

/** What holds for a whole row: that it cannot be run, or that it shows one defect. */
function wholeRow(cells) {
  const [{ rule }] = cells;
  if (rule === undefined || rule.shapes !== undefined || cells.some((cell) => cell.rule !== rule))
    return undefined;
  if (rule.cannot !== undefined) return `cannot be run: ${rule.cannot}`;
  return `${words[rule.outcome]} (tried with 1 MiB): ${rule.because}`;
}

function table(cells, notes) {
  const rows = rowsOf(
    cells,
    (inRow) =>
      wholeRow(inRow) ??
      shapes.map(({ name }) =>
        cellText(
          inRow.filter(({ shape }) => shape === name),
          notes,
        ),
      ),
  );
  const [wholes, detailed] = [true, false].map((whole) =>
    rows.filter(({ texts }) => (typeof texts === 'string') === whole),
  );
  const bullets = [...groupBy(wholes, ({ texts }) => texts)].map(
    ([text, same]) => `- ${same.map(({ title }) => title).join('; ')}: **${text.replace(':', ':**')}`,
  );
  return [
    row(['envelope', ...shapes.map(({ title }) => title)]),
    row(['---', ...shapes.map(() => ':-:')]),
    ...detailed.map(({ title, texts }) => row([title, ...texts])),
    ...(bullets.length === 0 ? [] : ['', ...bullets]),
  ];
}

/** The pairs of a peer that cannot be run, each with its reason. */
export function impossiblePairs(peerName) {
  const cells = cellsOf(peerName).filter(({ rule }) => rule?.cannot !== undefined);
  return [...groupBy(cells, ({ way, rule }) => `${way} ${rule.cannot}`).values()].map((same) => {
    const [{ way, rule }] = same;
    const names = new Set(
      same.map(({ scheme, described, shape }) => {
        const what = `${schemes[scheme].title}${described ? ' with description' : ''}`;
        return rule.shapes === undefined
          ? what
          : `${what}, ${shapes.find(({ name }) => name === shape).title}`;
      }),
    );
    return `${way === 'writes' ? 'it writes' : 'it reads'} ${[...names].join('; ')}: ${rule.cannot}`;
  });
}

function peerSection(peer, heading = '##') {
  const cells = cellsOf(peer.name);
  const [theirs, ours] = ['writes', 'reads'].map((way) => cells.filter((cell) => cell.way === way));
  const notes = new Notes();
  return [
    `${heading} ${peer.sdk} ${peer.version}`,
    '',
    ...(peer.note === undefined ? [] : [peer.note, '']),
    'It writes, we read:',
    '',
    ...table(theirs, notes),
    '',
    'We write, it reads:',
    '',
    ...table(ours, notes),
    '',
    ...notes.lines(),
    '',
  ];
}

/** The peers that a machine may lack: what is known of them, and nothing that only a run with them could say. */
function byHandSection(peers) {
  const lines = peers.map((peer) => {
    const transfers = cellsOf(peer.name).filter(isTransfer).length;
    return `- ${peer.sdk} ${peer.version}, ${bytes(transfers)} transfers: \`${peer.variable}\` names ${peer.names}`;
  });
  return [
    '## SDKs that are installed by hand',
    '',
    'No package manager of this run has these SDKs. `npm run test:interop` runs them where a variable says that they are',
    'installed, and says plainly where they were not run. They are not in the figures above.',
    '',
    ...lines,
    '',
    ...peers.flatMap((peer) => peerSection(peer, '###')),
  ];
}

function specialSection(peers) {
  const notes = new Notes();
  const names = peers.map(({ name }) => name);
  const lines = ['## Special cases', '', row(['case', ...names]), row(['---', ...names.map(() => ':-:')])];
  for (const { title, outcomes, because } of specialCases) {
    const texts = names.map((name) => {
      const outcome = outcomes[name];
      if (outcome === undefined) return '';
      return outcome === 'right' ? words.right : `${words[outcome]}${notes.mark(because)}`;
    });
    lines.push(row([title, ...texts]));
  }
  return [...lines, '', ...notes.lines(), ''];
}

function tourSection(tours) {
  const [{ done }] = tours;
  const headings = tours.map(({ client, signature }) => `${client}, ${signature}`);
  return [
    '## The local OSS',
    '',
    'The ground that all of this stands on, checked by clients that others wrote: every operation that it has, with each kind of',
    'signature.',
    '',
    row(['operation', ...headings]),
    row(['---', ...headings.map(() => ':-:')]),
    ...done.map(({ operation }) =>
      row([
        operation,
        ...tours.map((tour) => (tour.done.some((one) => one.operation === operation) ? '✓' : '')),
      ]),
    ),
    '',
  ];
}

function sealedSection(sealed, counts) {
  const tableOf = (names) => [
    row(['envelope', ...sealedSizes.map((size) => `${bytes(size)} ${size === 1 ? 'byte' : 'bytes'}`)]),
    row(['---', ...sealedSizes.map(() => ':-:')]),
    ...names.map((name) => row([sealedVariants[name].title, ...sealedSizes.map(() => words.right)])),
    '',
  ];
  return [
    "## The format `'sealed'`",
    '',
    'No official SDK has it, so it is proven against programs that share no code with its packages:',
    `\`cryptography\` ${sealed.cryptography.version}, which has an implementation of the body of its own, and the readers of`,
    '`examples/readers` in Python and in Go, which are given the headers, the body and a master key. The sizes lie around the',
    "edges of a chunk. Keys that age wraps are proven against age's own library in Go.",
    '',
    `${bytes(counts.sealedTransfers)} transfers and refusals, all as expected.`,
    '',
    ...sealedPeers.flatMap(({ title, writes, reads }) => [
      `### ${title}`,
      '',
      ...(writes.length === 0 ? [] : ['It writes, we read, whole and a range:', '', ...tableOf(writes)]),
      'We write, it reads:',
      '',
      ...tableOf(reads),
    ]),
    '### Changes that each of them refuses',
    '',
    'Made to an object of 100,000 bytes. No byte of what was changed is handed on.',
    '',
    row(['change', ...sealedPeers.map(({ title }) => title)]),
    row(['---', ...sealedPeers.map(() => ':-:')]),
    ...sealedChanges.map(({ title }) => row([title, ...sealedPeers.map(() => 'refuses')])),
    '',
    `### Keys that are wrapped by age: \`filippo.io/age\` ${sealed.age.version}`,
    '',
    'It reads what `provider-age` wraps, and writes what that reads; a changed file is refused. Neither mixes post-quantum',
    'recipients with others.',
    '',
    row(['keys', ...Object.values(ageMakers)]),
    row(['---', ...Object.values(ageMakers).map(() => ':-:')]),
    ...Object.values(ageVariants).map(({ title }) =>
      row([title, ...Object.values(ageMakers).map(() => words.right)]),
    ),
    '',
  ];
}

/** The whole page, for a run in which everything came out as expected. */
export function formatReport({ peers, installedByHand, sealed, tours, counts }) {
  return [
    '# Proof against the official SDKs',
    '',
    'Written by `npm run test:interop -- --write`, compared by `npm run test:interop`: change nothing by hand.',
    '',
    'The official SDKs, as their makers ship them and as their package managers install them, move objects to and from a',
    'local OSS by their own clients with their own signatures, and wrap keys by their own KMS clients at a local KMS. Each',
    'cell stands for two transfers, one over `@oss-envelope/transport-node` (ali-oss; for KMS, `@alicloud/kms20160120`) and',
    'one over `@oss-envelope/transport-fetch` (for KMS, signed fetch), and for two comparisons of hashes. The RSA pair has',
    '2048 bits; no real OSS or KMS is asked. It takes Python 3 with pip, Go, and Java with Maven.',
    '',
    '- **✓**: what was read is what was written. *✓ refused*: rightly so.',
    '- **refuses**, **ciphertext**, **whole object**, **garbage**: a limit or a defect of the SDK, explained in a note. The run',
    '  asserts it, so that a version that behaves otherwise shows up.',
    '- **–**: cannot be run, for the reason in the note.',
    '- An envelope stands for two rows, with a material description and without, unless it says which.',
    '',
    `Contents: ${Object.values(objects)
      .filter(({ upload }) => upload !== 'upload-file')
      .map(({ sizeBytes }) => bytes(sizeBytes))
      .join(', ')} bytes, the largest in parts of 4 MiB. Ranges: ${shapes
      .filter(({ range }) => range !== undefined)
      .map(({ title, range: [first, last] }) =>
        first === null
          ? `${title} (\`-${last}\`)`
          : `${title} (\`${bytes(first)}-${last === null ? '' : bytes(last)}\`)`,
      )
      .join(', ')}.`,
    '',
    `${bytes(counts.transfers)} transfers, ${bytes(counts.specialCases)} trials of special cases and ${bytes(counts.operations)} operations at the local OSS, all as expected.`,
    '',
    ...peers.flatMap((peer) => peerSection(peer)),
    ...specialSection(peers),
    ...sealedSection(sealed, counts),
    ...tourSection(tours),
    ...byHandSection(installedByHand),
  ]
    .join('\n')
    .trimEnd()
    .concat('\n');
}
