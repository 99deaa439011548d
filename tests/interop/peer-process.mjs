// A driver as a running program: one request line in, one answer line out.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const answerMs = 120_000;

/** A running driver. Requests are answered one after another. */
export class PeerProcess {
  #child;
  #lines;
  #stderr = '';
  #lastId = 0;
  /** What the SDK says of its own version. */
  version;

  /** Starts the program and hands it the world. Rejects when it does not come up. */
  static async start({ program, args, env }, world) {
    const peer = new PeerProcess();
    peer.#child = spawn(program, args, { env: { ...process.env, ...env }, stdio: 'pipe' });
    peer.#child.stderr.on('data', (chunk) => {
      peer.#stderr = (peer.#stderr + chunk).slice(-4000);
    });
    peer.#child.stdin.on('error', () => {});
    const started = new Promise((_, reject) => {
      peer.#child.on('error', (error) => reject(new Error(`${program} does not start: ${error.message}`)));
    });
    started.catch(() => {});
    peer.#lines = createInterface({ input: peer.#child.stdout })[Symbol.asyncIterator]();
    peer.#send(world);
    peer.version = (await Promise.race([peer.#receive(), started])).version;
    return peer;
  }

  /** Sends a request; returns its answer, `{ ok: true, … }` or `{ ok: false, error }`. */
  async ask(request) {
    const id = ++this.#lastId;
    this.#send({ id, ...request });
    const answer = await this.#receive();
    if (answer.id !== id) throw new Error(`the driver answered request ${answer.id}, not ${id}`);
    return answer;
  }

  /** Ends the program. */
  async close() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const closed = new Promise((resolve) => this.#child.once('close', resolve));
    this.#child.stdin.end();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 5000);
    await closed;
    clearTimeout(timer);
  }

  #send(value) {
    this.#child.stdin.write(`${JSON.stringify(value)}\n`);
  }

  async #receive() {
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => {
        this.#child.kill('SIGKILL');
        reject(new Error(`the driver did not answer within ${answerMs / 1000} s\n${this.#stderr}`));
      }, answerMs);
    });
    try {
      const { done, value } = await Promise.race([this.#lines.next(), late]);
      if (done) throw new Error(`the driver ended\n${this.#stderr}`);
      return JSON.parse(value);
    } finally {
      clearTimeout(timer);
    }
  }
}
