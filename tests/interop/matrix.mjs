// The matrix: who writes, who reads, in which format, of which shape, over which transport. Every cell is a transfer.
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RangeNotSatisfiableError } from '@oss-envelope/core';
import { expectedBytes, objects, partSizeBytes, sampleContent, sha256, shapes } from './contents.mjs';
import { ruleFor, takesDescription } from './expectations.mjs';
import { rangeOf, transportNames } from './our-side.mjs';
import { PeerRefusal } from './peer-refusal.mjs';
import { description, schemes } from './schemes.mjs';

/** Every cell that there is for one peer, in the order of the tables. */
export function cellsOf(peer) {
  return ['writes', 'reads'].flatMap((way) =>
    Object.keys(schemes).flatMap((scheme) =>
      [false, true].flatMap((described) =>
        shapes.flatMap((shape) => {
          const about = { peer, way, scheme, described, shape: shape.name };
          const rule = ruleFor(about);
          return transportNames.map((transport) => ({ ...about, transport, rule }));
        }),
      ),
    ),
  );
}

/** Whether a cell stands for a transfer. A defect of a whole row is shown by one object of it. */
export function isTransfer({ rule, shape }) {
  if (rule === undefined) return true;
  return rule.cannot === undefined && (rule.shapes !== undefined || shape === 'mebibyte');
}

/** What has to come of a cell. */
export function expectedOutcome({ rule, shape }) {
  return rule?.outcome ?? (shapes.find(({ name }) => name === shape).refused ? 'refuses' : 'right');
}

/** Runs cells against running peers, on one set of local services. */
export class Matrix {
  #services;
  #ours;
  #contents = {};
  #files = {};
  #stored = new Map();
  #downloads = 0;

  constructor(services, ours) {
    this.#services = services;
    this.#ours = ours;
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
  async run(cell, peer) {
    let found;
    try {
      found = await (cell.way === 'writes' ? this.#theyWrite(cell, peer) : this.#weWrite(cell, peer));
    } catch (error) {
      return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    }
    const expected = expectedOutcome(cell);
    if (found.outcome !== expected) {
      return `expected: ${expected}; found: ${found.outcome} ${found.detail ?? ''}`;
    }
    if (cell.rule?.error !== undefined && !cell.rule.error.test(found.detail)) {
      return `it refused, but not for the known reason: ${found.detail}`;
    }
    return undefined;
  }

  async #theyWrite(cell, peer) {
    const shape = shapeOf(cell);
    const { object, range } = shape;
    const name = `theirs/${cell.peer}/${cell.scheme}/${cell.described}/${object}`;
    const key = await this.#once(name, async (key) => {
      const { upload = 'put' } = objects[object];
      const request = { ...this.#request(cell), key, file: this.#files[object] };
      const answer = await peer.ask({ ...request, op: upload, partSizeBytes });
      if (!answer.ok) throw new PeerRefusal(answer.error);
    }).catch((error) => {
      if (error instanceof PeerRefusal) return error;
      throw error;
    });
    if (key instanceof PeerRefusal) return { outcome: 'refuses', detail: key.message };
    try {
      const read = await this.#ours
        .bucket(cell)
        .get(key, range === undefined ? {} : { range: rangeOf(range) });
      const bytes = await read.bytes();
      const { format } = read.encryption.envelope;
      if (format !== schemes[cell.scheme].format) return { outcome: `wrote the format ${format}` };
      return judge(bytes, expectedBytes(shape, this.#contents));
    } catch (error) {
      if (error instanceof RangeNotSatisfiableError) return { outcome: 'refuses', detail: error.message };
      throw error;
    }
  }

  async #weWrite(cell, peer) {
    const shape = shapeOf(cell);
    const { object, range } = shape;
    // What their downloader fetches, we wrote in parts like the other one.
    const ours = object === 'manager' ? 'parts' : object;
    const name = `ours/${cell.transport}/${cell.scheme}/${cell.described}/${ours}`;
    const key = await this.#once(name, (key) => this.#ours.put(cell, key, this.#contents[ours]));
    const file = join(this.#services.folder, `download-${++this.#downloads}`);
    const op = object === 'manager' ? 'download-file' : 'get';
    const answer = await peer.ask({ ...this.#request(cell), op, key, file, range, partSizeBytes });
    if (!answer.ok) return { outcome: 'refuses', detail: answer.error };
    const bytes = await readFile(file);
    await rm(file);
    const found = judge(bytes, expectedBytes(shape, this.#contents));
    if (found.outcome === 'right') return found;
    if (sha256(bytes) === sha256(this.#contents[object])) return { outcome: 'whole' };
    const stored = await this.#services.oss.getObject(this.#services.bucket, key);
    return sha256(bytes) === sha256(stored.bytes) ? { outcome: 'ciphertext' } : found;
  }

  /** What a driver is told of the envelope. */
  #request({ scheme, described }) {
    return {
      scheme,
      passphrase: schemes[scheme].passphrase ?? null,
      description: described && takesDescription(scheme) ? description : null,
    };
  }

  /** Makes an object the first time it is asked for; resolves with its key. */
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
}

const shapeOf = ({ shape }) => shapes.find(({ name }) => name === shape);

function judge(bytes, expected) {
  if (expected !== undefined && sha256(bytes) === sha256(expected)) return { outcome: 'right' };
  return { outcome: 'other', detail: `${bytes.length} bytes with the SHA-256 ${sha256(bytes)}` };
}
