// What a benchmark ran on.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { arch, cpus, release, totalmem, type } from 'node:os';

const require = createRequire(import.meta.url);

function versionOf(name) {
  return JSON.parse(readFileSync(require.resolve(`${name}/package.json`), 'utf8')).version;
}

function systemName() {
  try {
    const name = /^PRETTY_NAME="?([^"\n]*)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
    if (name) return `${name}, ${type()} ${release()}`;
  } catch {
    // Only Linux has the file.
  }
  return `${type()} ${release()}`;
}

/** The name of the processor, without what every name has. */
function processorName() {
  const model = cpus()[0]?.model ?? 'unknown processor';
  return model
    .replace(/\((?:R|TM)\)/gi, '')
    .replace(/\b(?:CPU|Processor)\b/gi, '')
    .replace(/\s+/g, ' ')
    .trim();
}

/** What tells one machine's figures from those of another: the processor and the major version of Node. */
export function identifyMachine() {
  return { processor: processorName(), nodeMajor: Number(process.versions.node.split('.')[0]) };
}

/** Machine and versions, as pairs of name and text. */
export function describeMachine() {
  const processors = cpus();
  const packages = ['core', 'crc64', 'provider-rsa', 'transport-node', 'transport-fetch', 'local-cloud'];
  return [
    ['Date', new Date().toISOString().slice(0, 10)],
    ['CPU', `${processors[0]?.model ?? 'unknown'}, ${processors.length} cores, ${arch()}`],
    ['Memory', `${Math.round(totalmem() / 1024 ** 3)} GiB`],
    ['System', systemName()],
    ['Node', `${process.versions.node}, with OpenSSL ${process.versions.openssl}`],
    ['ali-oss', versionOf('ali-oss')],
    ['oss-envelope', packages.map((name) => `${name} ${versionOf(`@oss-envelope/${name}`)}`).join(', ')],
  ];
}
