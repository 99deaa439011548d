// What one run found, as a section of docs/performance.md.
import { aimFor, aimText, isReached, rows } from './aims.mjs';
import { markdownTable } from './markdown-table.mjs';

const fixed = (digits) => (value) => (Number.isFinite(value) ? value.toFixed(digits) : '–');
const [whole, hundredth] = [0, 2].map(fixed);
const spread = ({ least, greatest }) => `${hundredth(least)}–${hundredth(greatest)}`;

function ratioTable(comparisons) {
  return markdownTable(
    ['encrypted', 'against', 'throughput', 'spread', 'per CPU second', 'spread'],
    comparisons.map(({ arm, baseline, wall, cpu }) => [
      ...[arm, baseline, hundredth(wall.median), spread(wall)],
      ...(Number.isFinite(cpu?.median) ? [hundredth(cpu.median), spread(cpu)] : ['–', '–']),
    ]),
  );
}

function costTable(costs) {
  return markdownTable(
    ['', 's/GiB', 'CPU s/GiB', 'user', 'system', 'MB/s', 'peak RSS, MiB'],
    costs.map(({ arm, wallSeconds, userSeconds, systemSeconds, peakRssMebibytes }) => [
      arm,
      ...[wallSeconds, userSeconds + systemSeconds, userSeconds, systemSeconds].map(hundredth),
      ...[1024 ** 3 / 1e6 / wallSeconds, peakRssMebibytes].map(whole),
    ]),
  );
}

/** Of the rows at a glance, those that this run has, with the spread. */
function aimTable(run) {
  const found = rows.flatMap((row) => {
    const value = row.find(run);
    if (value === undefined || aimFor(row, run) === undefined) return [];
    const range = value.least === undefined ? '' : ` (${spread(value)})`;
    return [
      [
        row.what,
        aimText(row),
        `${hundredth(value.median)}${range}`,
        isReached(row, run) ? 'reached' : '**not reached**',
      ],
    ];
  });
  return markdownTable(['', 'aim', 'found', ''], found);
}

function profileText({ arm, profile }) {
  const steps = profile.map(({ label, share }) => `\`${label}\` ${whole(share * 100)} %`);
  return `Where \`${arm}\` spends its time (self time, program start included): ${steps.join(', ')}.`;
}

function transferParts({ groups, warmUpText }) {
  return groups.flatMap(({ title, serverTitle, sizeText, costs, comparisons }) => [
    `### ${title}, ${sizeText}, ${serverTitle}`,
    ...(warmUpText ? [`Each process moved ${warmUpText} the same way before.`] : []),
    ratioTable(comparisons),
    costTable(costs),
    ...comparisons.filter(({ profile }) => profile).map(profileText),
  ]);
}

function pipelineParts({ hasOpenssl, costs, comparisons }) {
  return [
    '### Cipher and checksum alone',
    'Chunks of 256 KiB, in memory. "Sealed" is the format `sealed` through a bucket whose transport does nothing. A put and a download into a file use the memory of each chunk again, and so does "freed at once"; "get" is for a reader who may keep each chunk, whose memory is new.',
    ratioTable(comparisons),
    costTable(costs),
    ...(hasOpenssl ? [] : ['There is no `openssl` here to compare with.']),
  ];
}

function peerParts({ present, absent, isOursWarm, costs, comparisons, pipeline }) {
  const parts = ['### Against other SDKs'];
  if (present.length > 0) {
    const names = present.map(({ sdk, version, runtime }) => `${sdk} ${version} (${runtime})`);
    parts.push(
      `The same file, encrypted and put in one request to the same server that discards it, by ${names.join(' and ')}, in their default formats${isOursWarm ? ', each in a process that stays' : ', ours in a process of its own each time'}.`,
      markdownTable(
        ['encrypted putFile against', 'throughput', 'spread'],
        comparisons.map(({ baseline, wall }) => [baseline, hundredth(wall.median), spread(wall)]),
      ),
      markdownTable(
        ['', 's/GiB', 'MB/s'],
        costs.map(({ arm, wallSeconds }) => [
          arm,
          hundredth(wallSeconds),
          whole(1024 ** 3 / 1e6 / wallSeconds),
        ]),
      ),
    );
  }
  if (pipeline) {
    parts.push(
      'The cipher and the CRC-64 alone, as oss2 applies them to an upload (blocks of 16 KiB), and ours (256 KiB):',
      ratioTable(pipeline.comparisons),
      costTable(pipeline.costs),
    );
  }
  if (absent.length > 0) {
    parts.push(
      `Not installed here, so not measured: ${absent.join(', ')}. \`npm run test:interop\` installs them.`,
    );
  }
  return parts;
}

function smallParts(found) {
  return [
    '### Objects of 1 KiB',
    'Over ali-oss, RSA-2048, `oss-crypto`: two RSA operations for each object, public to write, private to read. "Sealed" is the format `sealed` with one wrapping key for up to 1,000 objects, the content in a key of its own all the same. "As many headers" puts a plain object with the metadata of the encrypted one, and "plain get of the encrypted object" gets its ciphertext with them by ali-oss: these baselines leave out what headers cost by themselves. A "read of an open object" is a ranged GET through `bucket.open`, whose data key was unwrapped once; for RSA keys nothing else keeps a data key.',
    ...found.flatMap(({ concurrency, costs, shares, comparisons }) => [
      `#### ${concurrency} at once`,
      markdownTable(
        ['', 'objects a second', 'client CPU, µs'],
        costs.map(({ arm, wallSeconds, cpuSeconds }) => [
          arm,
          whole(1 / wallSeconds),
          cpuSeconds === undefined ? '–' : whole(cpuSeconds * 1e6),
        ]),
      ),
      ratioTable(comparisons),
      `Its data key takes ${whole(shares.put * 100)} % of the time of a put (two public RSA operations), and ${whole(shares.get * 100)} % of that of a get (two private ones, on the thread pool); the rest is the request.`,
    ]),
  ];
}

function checkpointParts(counts) {
  return [
    '### Checkpoints',
    'An upload in parts of 100 KiB over a transport that does nothing, the checkpoint in a file in memory.',
    markdownTable(
      ['parts', 'ms a part', 'without a checkpoint'],
      counts.map(({ partCount, milliseconds, bareMilliseconds }) => [
        String(partCount),
        hundredth(milliseconds),
        hundredth(bareMilliseconds),
      ]),
    ),
  ];
}

function memoryParts({ sizeNames, ways }) {
  const hasHeap = ways.some(({ old }) => old?.some((peak) => peak != null));
  const grown = (peaks = []) => {
    const measured = peaks.filter((peak) => peak != null);
    if (measured.length < 2) return '–';
    const growth = measured.at(-1) - measured[0];
    return `${growth < 0 ? '-' : '+'}${whole(Math.abs(growth))}`;
  };
  return [
    '### Peak memory',
    [
      'Peak RSS in MiB of a process that moves one object, from a generator or to nowhere; the start of Node and of all modules is in it. V8 enlarges its young generation by what survives its collections, and collects the memory of chunks when it sees fit: so the peak grows with time, in a plain download as well, and differs by 20 MiB from run to run.',
      hasHeap &&
        "The columns behind the growth are that of the peak of V8's old generation, where garbage stays until a full collection, and that of what a full collection leaves at the end. What the peak grew by beyond them is the young generation and the memory of chunks.",
    ]
      .filter(Boolean)
      .join(' '),
    markdownTable(
      ['', ...sizeNames, 'growth', ...(hasHeap ? ['of the old generation', 'of what is left'] : [])],
      ways.map(({ way, peaks, old, collected }) => [
        way,
        ...sizeNames.map((_, index) => whole(peaks[index] ?? Number.NaN)),
        grown(peaks),
        ...(hasHeap ? [grown(old), grown(collected)] : []),
      ]),
    ),
  ];
}

const sectionParts = [
  ['transfers', transferParts],
  ['pipeline', pipelineParts],
  ['peers', peerParts],
  ['small', smallParts],
  ['checkpoint', checkpointParts],
  ['memory', memoryParts],
];

/** The section, as paragraphs and tables. */
export function runSection(title, run) {
  const { machine, seconds, sections } = run;
  const took = Object.entries(seconds).map(([name, value]) => `${name} ${whole(value)} s`);
  const total = Object.values(seconds).reduce((sum, value) => sum + value, 0);
  return [
    `## ${title}`,
    markdownTable(['', ''], [...machine, ['The run took', `${whole(total)} s: ${took.join(', ')}`]]),
    aimTable(run),
    ...sectionParts.flatMap(([name, parts]) => (sections[name] === undefined ? [] : parts(sections[name]))),
  ];
}
