// The matrix: who writes, who reads, in which format, of which shape, over which transport. Every cell is a transfer.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createContentKey, EncryptedBucket, encryptBytes, formatEnvelope } from '@oss-envelope/core';
import { defaultOssAccount } from '@oss-envelope/local-cloud';
import { fetchTransport } from '@oss-envelope/transport-fetch';
import { aliOssTransport } from '@oss-envelope/transport-node';
import OSS from 'ali-oss';
import { expectedBytes, objects, partSizeBytes, sampleContent, sha256, shapes } from './contents.mjs';
import { ruleFor, takesDescription } from './expectations.mjs';
import { description, schemes } from './schemes.mjs';

const transports = {
  'ali-oss': ({ oss, bucket }) =>
    aliOssTransport(
      new OSS({
        ...{ endpoint: oss.endpoint, sldEnable: true, region: `oss-${oss.region}`, bucket },
        ...defaultOssAccount,
      }),
    ),
  fetch: ({ oss, bucket }) =>
    fetchTransport({
      ...{ endpoint: oss.endpoint, region: oss.region, bucket },
      credentials: { ...defaultOssAccount },
    }),
};

/** Every cell that there is for one peer, in the order of the tables. */
export function cellsOf(peer) {
  const cells = [];
  for (const way of ['writes', 'reads']) {
    for (const scheme of Object.keys(schemes)) {
      for (const described of [false, true]) {
        for (const { name: shape } of shapes) {
          const rule = ruleFor({ peer, way, scheme, described, shape });
          for (const transport of Object.keys(transports)) {
            cells.push({ peer, way, scheme, described, shape, transport, rule });
          }
        }
      }
    }
  }
  return cells;
}

/** An object of one content is enough to show a defect of a whole row. */
const isShown = ({ rule, shape }) =>
  rule?.cannot === undefined && (rule === undefined || rule.shapes !== undefined || shape === 'mebibyte');

/** Whether a cell stands for a transfer. */
export const isExecutable = isShown;

/** Runs cells against running peers, on one set of local services. */
export class Matrix {
  #services;
  #contents = {};
  #files = {};
  #stored = new Map();
  #buckets = new Map();
  #counter = 0;

  constructor(services) {
    this.#services = services;
  }

  /** Writes the contents to files, for the drivers. */
  async prepare() {
    for (const [name, { sizeBytes }] of Object.entries(objects)) {
      this.#contents[name] = sampleContent(sizeBytes);
      this.#files[name] = join(this.#services.folder, `content-${name}`);
      await writeFile(this.#files[name], this.#contents[name]);
    }
  }

  /** Runs one cell. Returns undefined when it came out as it must, or what happened instead. */
  async run(cell, process) {
    try {
      return cell.way === 'writes'
        ? await this.#theyWrite(cell, process)
        : await this.#weWrite(cell, process);
    } catch (error) {
      return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    }
  }

  async #theyWrite(cell, process) {
    const { object, range } = shapeOf(cell);
    const key = await this.#once(
      `theirs/${cell.peer}/${cell.scheme}/${cell.described}/${object}`,
      async (name) => {
        const answer = await process.ask({
          ...this.#request(cell),
          key: name,
          file: this.#files[object],
          ...(objects[object].parts ? { op: 'put-parts', partSizeBytes } : { op: 'put' }),
        });
        if (!answer.ok) throw new Error(`it could not write: ${answer.error}`);
      },
    );
    const read = await this.#bucket(cell).get(key, range === undefined ? {} : { range: rangeOf(range) });
    const bytes = await read.bytes();
    const { envelope } = read.encryption;
    if (envelope.format !== schemes[cell.scheme].format) return `it wrote the format ${envelope.format}`;
    return compare(bytes, expectedBytes(shapeOf(cell), this.#contents));
  }

  async #weWrite(cell, process) {
    const { object, range } = shapeOf(cell);
    const name = `ours/${cell.transport}/${cell.scheme}/${cell.described}/${object}`;
    const key = await this.#once(name, (key) =>
      objects[object].parts
        ? this.#putParts(cell, key, this.#contents[object])
        : this.#bucket(cell).put(key, this.#contents[object]),
    );
    const file = join(this.#services.folder, `download-${++this.#counter}`);
    const answer = await process.ask({ ...this.#request(cell), op: 'get', key, file, range });
    const expected = expectedBytes(shapeOf(cell), this.#contents);
    const { rule } = cell;
    if (rule?.refuses !== undefined) {
      if (answer.ok) return 'it did not refuse, though it was known to';
      return rule.refuses.test(answer.error) ? undefined : `it refused otherwise: ${answer.error}`;
    }
    if (!answer.ok) return answer.error;
    const bytes = await readFile(file);
    if (rule?.ciphertext) {
      const stored = await this.#services.oss.getObject(this.#services.bucket, key);
      return compare(bytes, stored.bytes) && 'it did not hand out the ciphertext, though it was known to';
    }
    if (rule?.other) {
      return compare(bytes, expected) === undefined
        ? 'it gave the right bytes, though it was known not to'
        : undefined;
    }
    return compare(bytes, expected);
  }

  /** What a driver is told of the envelope. */
  #request({ scheme, described }) {
    return {
      scheme,
      passphrase: schemes[scheme].passphrase ?? null,
      description: described && takesDescription(scheme) ? description : null,
    };
  }

  #bucket({ scheme, described, transport }) {
    const name = `${transport}/${scheme}/${described}`;
    let bucket = this.#buckets.get(name);
    if (bucket === undefined) {
      const provider = schemes[scheme].provider(
        this.#services,
        transport,
        described ? description : undefined,
      );
      const { format } = schemes[scheme];
      bucket = new EncryptedBucket({ transport: transports[transport](this.#services), provider, format });
      this.#buckets.set(name, bucket);
    }
    return bucket;
  }

  /** Makes an object the first time it is asked for. */
  #once(name, make) {
    let made = this.#stored.get(name);
    if (made === undefined) {
      const key = name.replace(/[^A-Za-z0-9/.-]+/g, '-');
      made = make(key).then(() => key);
      made.catch(() => {});
      this.#stored.set(name, made);
    }
    return made;
  }

  async #putParts({ scheme, described, transport: transportName }, key, content) {
    const transport = transports[transportName](this.#services);
    const { format, provider } = schemes[scheme];
    const { envelope, contentKey } = await createContentKey(
      provider(this.#services, transportName, described ? description : undefined),
      format,
      { contentSizeBytes: undefined, parts: { dataSizeBytes: content.length, partSizeBytes } },
    );
    const { uploadId } = await transport.startParts({ key, headers: formatEnvelope(envelope) });
    const parts = [];
    for (let offsetBytes = 0; offsetBytes < content.length; offsetBytes += partSizeBytes) {
      const bytes = await encryptBytes(content.subarray(offsetBytes, offsetBytes + partSizeBytes), {
        ...contentKey,
        offsetBytes,
      });
      parts.push(
        await transport.putPart({
          key,
          headers: format === 'client-side-encryption' ? formatEnvelope(envelope) : {},
          uploadId,
          partNumber: parts.length + 1,
          body: { kind: 'bytes', bytes },
        }),
      );
    }
    await transport.finishParts({ key, headers: {}, uploadId, parts });
  }
}

const shapeOf = ({ shape }) => shapes.find(({ name }) => name === shape);

/** A range in the words of `EncryptedBucket.get`. */
function rangeOf([first, last]) {
  if (first === null) return { lastBytes: last };
  return last === null ? { offsetBytes: first } : { offsetBytes: first, lengthBytes: last - first + 1 };
}

function compare(found, expected) {
  if (sha256(found) === sha256(expected)) return undefined;
  return `the bytes differ: ${found.length} with SHA-256 ${sha256(found)}, expected ${expected.length}`;
}
