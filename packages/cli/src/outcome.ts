import { errorRecord } from './output/error-record.js';
import { type ExitCode, exitCode, exitCodeOf, worse } from './output/exit-code.js';
import { printable } from './output/printable.js';
import type { Printer } from './output/printer.js';

/** How many failures are kept to be listed at the end; all of them are shown as they happen. */
const mostListed = 1000;

/** Counts what was done and what was not, of a command about many objects. */
export class Outcome {
  readonly #printer: Printer;
  readonly #failures: { readonly place: string; readonly message: string }[] = [];
  #done = 0;
  #failed = 0;
  #worst: ExitCode = exitCode.done;

  constructor(printer: Printer) {
    this.#printer = printer;
  }

  /** How many objects were met. */
  get total(): number {
    return this.#done + this.#failed;
  }

  succeed(): void {
    this.#done++;
  }

  /** An object that is not done. The others go on. */
  fail(place: string, error: unknown): void {
    this.#failed++;
    this.#worst = worse(this.#worst, exitCodeOf(error));
    const message = error instanceof Error ? error.message : String(error);
    if (this.#failures.length < mostListed) this.#failures.push({ place, message });
    this.#printer.failure(error, place);
    this.#printer.record({ place, status: 'failed', error: errorRecord(error) });
  }

  /** Says how it went, and with which status the program ends. */
  finish(): ExitCode {
    if (this.total > 1) {
      this.#printer.note(this.#printer.text('summary', { done: this.#done, failed: this.#failed }));
      if (this.#failures.length > 0) {
        this.#printer.note(this.#printer.text('failures'));
        for (const { place } of this.#failures) this.#printer.note(`  ${printable(place)}`);
        if (this.#failed > mostListed) this.#printer.note(`  … ${this.#failed - mostListed}`);
      }
    }
    return this.#worst;
  }
}
