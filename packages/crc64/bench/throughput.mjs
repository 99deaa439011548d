// Throughput of each implementation as a ratio to hash-wasm's createCRC64, side by side in one process.
// Needs the built package: run the build first. Only the ratios are worth comparing between machines.
import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import { availableCrc64Implementations, createCrc64 } from '@oss-envelope/crc64';
import { createCRC64 } from 'hash-wasm';

const rounds = 9;
const bytesPerSample = 16 << 20;
const streams = 64;
const kibibyte = 1024;

const { crc64: emscripten } = createRequire(import.meta.url)('crc64-ecma182.js');
const hashWasm = await createCRC64();
const names = availableCrc64Implementations();

function chunkOf(sizeBytes) {
  const chunk = new Uint8Array(sizeBytes);
  for (let i = 0; i < sizeBytes; i++) chunk[i] = Math.imul(i, 2654435761) >>> 24;
  return chunk;
}

/** One long stream, `count` updates with the same chunk. */
function streaming(chunk, count) {
  const buffer = Buffer.from(chunk.buffer);
  const arms = {
    'hash-wasm': () => {
      hashWasm.init();
      for (let i = 0; i < count; i++) hashWasm.update(chunk);
      hashWasm.digest();
    },
  };
  for (const implementation of names) {
    arms[implementation] = () => {
      const crc = createCrc64({ implementation });
      for (let i = 0; i < count; i++) crc.update(chunk);
      crc.digest();
    };
  }
  arms['crc64-ecma182.js'] = () => {
    let value = '0';
    for (let i = 0; i < count; i++) value = emscripten(buffer, value);
  };
  return arms;
}

/** Each chunk a stream of its own, as small objects are. */
function oneShot(chunk, count) {
  const arms = {
    'hash-wasm': () => {
      for (let i = 0; i < count; i++) {
        hashWasm.init();
        hashWasm.update(chunk);
        hashWasm.digest();
      }
    },
  };
  for (const implementation of names) {
    arms[implementation] = () => {
      for (let i = 0; i < count; i++) {
        const crc = createCrc64({ implementation });
        crc.update(chunk);
        crc.digest();
      }
    };
  }
  return arms;
}

/** More streams at once than the kernel has slots, each update to the next of them: the worst case. */
function interleaved(chunk, count) {
  const arms = streaming(chunk, count);
  for (const implementation of names) {
    arms[implementation] = () => {
      const running = Array.from({ length: streams }, () => createCrc64({ implementation }));
      for (let i = 0; i < count; i++) running[i % streams].update(chunk);
      for (const stream of running) stream.digest();
    };
  }
  delete arms['crc64-ecma182.js'];
  return arms;
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

function measure(arms, bytes) {
  const times = Object.fromEntries(Object.keys(arms).map((name) => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const [name, run] of Object.entries(arms)) {
      const start = performance.now();
      run();
      // the first round warms up
      if (round > 0) times[name].push(performance.now() - start);
    }
  }
  return Object.entries(times).map(([name, list]) => {
    const ratios = list.map((time, round) => times['hash-wasm'][round] / time);
    return {
      name,
      ratio: median(ratios),
      low: Math.min(...ratios),
      high: Math.max(...ratios),
      megabytesPerSecond: bytes / median(list) / 1e3,
    };
  });
}

const workloads = [
  ['one stream, updates of 1 KiB', streaming, kibibyte],
  ['one stream, updates of 16 KiB', streaming, 16 * kibibyte],
  ['one stream, updates of 128 KiB', streaming, 128 * kibibyte],
  ['one stream, updates of 1 MiB', streaming, 1024 * kibibyte],
  ['whole messages of 64 bytes', oneShot, 64],
  ['whole messages of 1 KiB', oneShot, kibibyte],
  ['whole messages of 128 KiB', oneShot, 128 * kibibyte],
  [`${streams} streams in turn, updates of 16 KiB`, interleaved, 16 * kibibyte],
  [`${streams} streams in turn, updates of 128 KiB`, interleaved, 128 * kibibyte],
];

console.log(
  `Node ${process.version}, ${cpus()[0]?.model}; ratio to hash-wasm: median of ${rounds} rounds (spread)`,
);
for (const [title, workload, sizeBytes] of workloads) {
  const count = Math.max(1, Math.min(bytesPerSample / sizeBytes, 20_000));
  console.log(`\n${title}`);
  for (const row of measure(workload(chunkOf(sizeBytes), count), count * sizeBytes)) {
    const spread = `(${row.low.toFixed(2)}-${row.high.toFixed(2)})`;
    console.log(
      `  ${row.name.padEnd(18)}${row.ratio.toFixed(2).padStart(7)} ${spread.padEnd(14)}` +
        `${row.megabytesPerSecond.toFixed(0).padStart(7)} MB/s`,
    );
  }
}
