// The wrap algorithm `age` of the format 'sealed' (S14) against age's own program library in Go: each makes the keys, and
// each opens what the other wrapped.
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ageProvider, generateAgeIdentity } from '@oss-envelope/provider-age';
import { Attempts } from './attempts.mjs';

const label = Buffer.from('oss-envelope/sealed/1\0');
const passphrase = 'correct horse größe ☃';

/** What is wrapped to whom. */
export const ageVariants = {
  hybrid: { title: 'post-quantum (ML-KEM-768 with X25519)', kinds: ['hybrid'] },
  x25519: { title: 'X25519', kinds: ['x25519'] },
  several: { title: 'the last of three post-quantum recipients', kinds: ['hybrid', 'hybrid', 'hybrid'] },
  passphrase: { title: 'passphrase', kinds: [] },
};

/** Who makes the keys. */
export const ageMakers = { theirs: 'made by age', ours: 'made by provider-age' };

/** Runs the peer against provider-age. */
export class AgeBench {
  #driver;
  #folder;
  #files = 0;

  /** `driver`: age's driver as it runs. */
  constructor(driver, folder) {
    this.#driver = driver;
    this.#folder = folder;
  }

  /** Everything. Returns how many transfers and refusals were tried, and what was not as expected. */
  async run() {
    const attempts = new Attempts();
    for (const [variant, { kinds }] of Object.entries(ageVariants)) {
      for (const maker of Object.keys(ageMakers)) {
        const keys = await this.#keysOf(kinds, maker);
        await attempts.try(`it reads, ${variant}, ${maker}`, () => this.#theyRead(keys));
        await attempts.try(`it writes, ${variant}, ${maker}`, () => this.#theyWrite(keys));
        await attempts.try(`we refuse a changed file, ${variant}, ${maker}`, () => this.#weRefuse(keys));
      }
    }
    const [mine, other] = [await this.#keysOf(['hybrid'], 'ours'), await this.#keysOf(['hybrid'], 'theirs')];
    await attempts.try('it refuses what is for others', async () => {
      const { wrappedKey } = await this.#wrapBy(mine);
      await assertFails(() => this.#ask('decrypt', other.theirs, wrappedKey));
    });
    await attempts.try('it mixes no post-quantum recipient with another, and neither do we', async () => {
      const classic = await this.#keysOf(['x25519'], 'ours');
      const recipients = [...mine.ours.recipients, ...classic.ours.recipients];
      await assertFails(() => this.#ask('encrypt', { recipients: recipients.join('\n') }, label));
      await assertFails(async () => ageProvider({ recipients }));
    });
    return attempts;
  }

  /** Keys as both sides take them: of several, the last is the reader's. */
  async #keysOf(kinds, maker) {
    if (kinds.length === 0) {
      const common = { theirs: { passphrase }, ours: { passphrase, workFactorLog2: 10 } };
      return { ...common, reader: common.ours };
    }
    const pairs = [];
    for (const kind of kinds) {
      if (maker === 'ours') pairs.push(await generateAgeIdentity({ kind }));
      else {
        const [identity, recipient] = String(await this.#ask('generate', {}, undefined, kind)).split('\n');
        pairs.push({ identity, recipient });
      }
    }
    const recipients = pairs.map(({ recipient }) => recipient);
    const { identity } = pairs.at(-1);
    return {
      theirs: { recipients: recipients.join('\n'), identities: identity },
      ours: { recipients },
      reader: { identities: identity },
    };
  }

  #wrapBy({ ours }) {
    return ageProvider(ours).wrapKey({ format: 'sealed' });
  }

  #unwrapBy({ reader }, wrappedKey) {
    return ageProvider(reader).unwrapKey({ format: 'sealed', wrapAlgorithm: 'age', wrappedKey });
  }

  async #theyRead(keys) {
    const { key, wrappedKey } = await this.#wrapBy(keys);
    assertSame(await this.#ask('decrypt', keys.theirs, wrappedKey), Buffer.concat([label, key.bytes]));
  }

  async #theyWrite(keys) {
    const key = crypto.getRandomValues(new Uint8Array(32));
    const file = await this.#ask('encrypt', keys.theirs, Buffer.concat([label, key]));
    assertSame((await this.#unwrapBy(keys, file)).key.bytes, key);
  }

  async #weRefuse(keys) {
    const file = await this.#ask('encrypt', keys.theirs, Buffer.concat([label, new Uint8Array(32)]));
    file[file.length - 1] ^= 1;
    await assertFails(() => this.#unwrapBy(keys, file));
  }

  async #ask(op, description, content = Buffer.alloc(0), scheme = '') {
    const [file, key] = [this.#file(), this.#file()];
    await writeFile(file, content);
    try {
      const answer = await this.#driver.ask({ op, description, scheme, file, key });
      if (!answer.ok) throw new Error(answer.error);
      return await readFile(key);
    } finally {
      await Promise.all([file, key].map((path) => rm(path, { force: true })));
    }
  }

  #file() {
    return join(this.#folder, `age-${++this.#files}`);
  }
}

async function assertFails(task) {
  try {
    await task();
  } catch {
    return;
  }
  throw new Error('it was not refused');
}

function assertSame(found, expected) {
  if (Buffer.compare(found, expected) !== 0) throw new Error(`${found.length} other bytes came out`);
}
