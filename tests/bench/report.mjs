// The page that a run of the benchmark makes: what was measured, on what, and which targets were reached.
import { describeMachine } from './machine.mjs';

const fixed = (digits) => (value) => (Number.isFinite(value) ? value.toFixed(digits) : '–');
const [whole, hundredth] = [0, 2].map(fixed);
const spread = ({ least, greatest }, format = hundredth) => `${format(least)}–${format(greatest)}`;

/** A table in Markdown, its columns aligned so that it can be read as text too. Numbers stand right. */
function table(head, rows) {
  const widths = head.map((title, column) =>
    Math.max(title.length, 3, ...rows.map((row) => row[column].length)),
  );
  const isNumber = head.map(
    (_, column) => column > 0 && rows.every((row) => /^[-–\d.,%× ]*$/.test(row[column])),
  );
  const line = (cells) =>
    `| ${cells.map((cell, column) => (isNumber[column] ? cell.padStart(widths[column]) : cell.padEnd(widths[column]))).join(' | ')} |`;
  const rule = widths.map((width, column) =>
    isNumber[column] ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width),
  );
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}

function ratioTable(comparisons) {
  return table(
    ['encrypted', 'against', 'throughput', 'spread', 'per CPU second', 'spread'],
    comparisons.map(({ arm, baseline, wall, cpu }) => [
      ...[arm, baseline, hundredth(wall.median), spread(wall)],
      ...(Number.isFinite(cpu.median) ? [hundredth(cpu.median), spread(cpu)] : ['–', '–']),
    ]),
  );
}

function costTable(costs) {
  return table(
    ['', 's/GiB', 'CPU s/GiB', 'user', 'system', 'MB/s', 'peak RSS, MiB'],
    costs.map(({ arm, wallSeconds, userSeconds, systemSeconds, peakRssMebibytes }) => [
      arm,
      ...[wallSeconds, userSeconds + systemSeconds, userSeconds, systemSeconds].map(hundredth),
      ...[1024 ** 3 / 1e6 / wallSeconds, peakRssMebibytes].map(whole),
    ]),
  );
}

/** The targets, each with what was found. */
function verdicts({ transfers, pipeline, peers, smallObjects, memory }) {
  const found = [];
  const judge = (what, value, isReached, extra = '') =>
    found.push({ what, value, reached: isReached, extra });
  for (const { serverTitle, groups } of transfers) {
    for (const { title, comparisons } of groups) {
      for (const { arm, baseline, least, wall } of comparisons) {
        if (least === undefined) continue;
        const what = `${title}, ${serverTitle}: ${arm}, at least ${least} of ${baseline}`;
        judge(what, `${hundredth(wall.median)} (${spread(wall)})`, wall.median >= least);
      }
    }
  }
  for (const { arm, baseline, least, leastPerCpu, wall, cpu } of [
    ...pipeline.comparisons,
    ...(peers.pipeline?.comparisons ?? []),
  ]) {
    if (leastPerCpu !== undefined) {
      const what = `${arm}, at least ${leastPerCpu} of ${baseline} per CPU second`;
      judge(what, `${hundredth(cpu.median)} (${spread(cpu)})`, cpu.median >= leastPerCpu);
    }
    if (least === undefined) continue;
    const what = `${arm}, at least ${least} of ${baseline}`;
    judge(what, `${hundredth(wall.median)} (${spread(wall)})`, wall.median >= least);
  }
  for (const { concurrency, comparisons } of smallObjects) {
    for (const { arm, baseline, least, mostCpu, rate, cpuTimes } of comparisons) {
      const what = `1 KiB, ${concurrency} at once: ${arm}`;
      if (least !== undefined) {
        const value = `${hundredth(rate.median)} (${spread(rate)})`;
        judge(`${what}, at least ${least} of ${baseline}`, value, rate.median >= least);
      }
      if (mostCpu !== undefined) {
        const value = `${hundredth(cpuTimes.median)} (${spread(cpuTimes)})`;
        judge(
          `${what}, at most ${mostCpu} times the client's CPU of ${baseline}`,
          value,
          cpuTimes.median <= mostCpu,
        );
      }
    }
  }
  for (const { way, peaks, isComparison } of memory.ways) {
    const measured = peaks.filter((peak) => peak !== undefined);
    if (isComparison || measured.length < 2) continue;
    const [first, last] = [measured[0], measured.at(-1)];
    const what = `Peak RSS ${way}: under 200 MiB, and growing by less than 20 MiB to ${memory.sizeNames[measured.length - 1]}`;
    judge(
      what,
      `${whole(Math.max(...measured))} MiB, ${last >= first ? '+' : ''}${whole(last - first)} MiB`,
      last - first < 20 && Math.max(...measured) < 200,
    );
  }
  return found;
}

function profileText({ arm, profile }) {
  const steps = profile.map(({ label, share }) => `\`${label}\` ${whole(share * 100)} %`);
  return `Where \`${arm}\` spends its time (self time, program start included): ${steps.join(', ')}.`;
}

function transferSection({ serverTitle, sizeText, groups }) {
  return groups.flatMap(({ title, costs, comparisons }) => [
    `### ${title}, ${sizeText}, ${serverTitle}`,
    ratioTable(comparisons),
    costTable(costs),
    ...comparisons.filter(({ profile }) => profile).map(profileText),
  ]);
}

function smallObjectSection({ concurrency, costs, shares, comparisons }) {
  return [
    `### ${concurrency} at once`,
    table(
      ['', 'objects a second', "client's CPU, µs each"],
      costs.map(({ arm, perSecond, cpuMicroseconds }) => [arm, whole(perSecond), whole(cpuMicroseconds)]),
    ),
    table(
      ['encrypted', 'against', 'ratio', 'spread', "client's CPU, times", 'spread'],
      comparisons.map(({ arm, baseline, rate, cpuTimes }) => [
        ...[arm, baseline, hundredth(rate.median), spread(rate)],
        ...[hundredth(cpuTimes.median), spread(cpuTimes)],
      ]),
    ),
    `Its data key takes ${whole(shares.put * 100)} % of the time of a put (two public RSA operations), and ${whole(shares.get * 100)} % of that of a get (two private ones, on the thread pool); the rest is the request.`,
  ];
}

function peerSection({ present, absent, costs, comparisons, pipeline }) {
  const lines = ['## Against other SDKs'];
  if (present.length > 0) {
    const names = present.map(({ sdk, version, runtime }) => `${sdk} ${version} (${runtime})`);
    lines.push(
      `The same file, encrypted and put in one request to the same server that discards it, by ${names.join(' and ')}, in their default formats.`,
      table(
        ['encrypted putFile against', 'throughput', 'spread'],
        comparisons.map(({ baseline, wall }) => [baseline, hundredth(wall.median), spread(wall)]),
      ),
      table(
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
    lines.push(
      'The cipher and the CRC-64 alone, as oss2 applies them to an upload (blocks of 16 KiB), and ours (256 KiB):',
      ratioTable(pipeline.comparisons),
      costTable(pipeline.costs),
    );
  }
  if (absent.length > 0) {
    lines.push(
      `Not installed here, so not measured: ${absent.join(', ')}. \`npm run test:interop\` installs them.`,
    );
  }
  return lines;
}

/** @returns the page as Markdown, and whether all targets were reached */
export function formatReport(results) {
  const { rounds, seconds, transfers, pipeline, smallObjects, memory } = results;
  const found = verdicts(results);
  const parts = [
    '# Performance',
    'Made by `npm run bench`. Only the ratios mean something elsewhere: seconds depend on the machine, and on what else it does.',
    table(['', ''], [...describeMachine(), ['The run took', `${whole(seconds)} s`]]),
    [
      '- A ratio is that of two arms in the same round: throughput of the first over that of the second, so above 1 the first is faster. Given are the median of ' +
        `${rounds} rounds and the least and greatest. The arms run in turn (A B C, A B C, …), after one sample that is dropped.`,
      '- "per CPU second" is the same for the CPU time of the client alone, user and system together: it hardly depends on what else the machine does.',
      '- Each sample of a transfer is a process of its own; the server is another one. Files are in memory (tmpfs) where the system has that. All arms begin with the same state of malloc: one large block was freed.',
      "- The plain arms check nothing; the encrypted ones compute the CRC-64 of every byte and compare it with the server's where it has one.",
    ].join('\n'),
    '## Targets',
    table(
      ['', 'found', ''],
      found.map(({ what, value, reached }) => [what, value, reached ? 'reached' : '**not reached**']),
    ),
    '## Encrypted against plain',
    ...transfers.flatMap(transferSection),
    '## Cipher and checksum alone',
    'Chunks of 256 KiB, in memory. "Sealed" is the format `sealed` through a bucket whose transport does nothing.',
    ratioTable(pipeline.comparisons),
    costTable(pipeline.costs),
    ...(pipeline.hasOpenssl ? [] : ['There is no `openssl` here to compare with.']),
    ...peerSection(results.peers),
    '## Objects of 1 KiB',
    'Over ali-oss, RSA-2048, `oss-crypto`: two RSA operations for each object, public to write, private to read. "Sealed" is the format `sealed` with one wrapping key for up to 1,000 objects, the content in a key of its own all the same. "As many headers" puts a plain object with the metadata of the encrypted one, and "plain get of the encrypted object" gets its ciphertext with them by ali-oss: these baselines leave out what headers cost by themselves. A "read of an open object" is a ranged GET through `bucket.open`, whose data key was unwrapped once; for RSA keys nothing else keeps a data key.',
    ...smallObjects.flatMap(smallObjectSection),
    '## Peak memory',
    'Peak RSS in MiB of a process that moves one object, from a generator or to nowhere; the start of Node and of all modules is in it. What grows with time, in a plain download as well, is V8: it enlarges its young generation, up to two halves of 16 MiB, by what survives its collections, unless `--max-semi-space-size` holds it.',
    table(
      ['', ...memory.sizeNames],
      memory.ways.map(({ way, peaks }) => [way, ...peaks.map(whole)]),
    ),
  ];
  return { text: `${parts.join('\n\n')}\n`, missed: found.filter(({ reached }) => !reached) };
}
