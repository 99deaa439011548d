import type { Language, Messages } from '../messages/language.js';
import { messagesOf } from '../messages/messages.js';
import { errorRecord } from './error-record.js';
import { printable, printableJson } from './printable.js';

/** A stream of text, such as standard output. */
export interface TextStream {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
}

/** The name of a text that is there in each language. */
export type TextName = keyof Messages['texts'];

/** What all commands may be told about output. */
export interface OutputFlags {
  readonly output?: 'text' | 'json' | undefined;
  readonly quiet?: boolean | undefined;
  readonly verbose?: boolean | undefined;
}

/** A line at the bottom of the terminal, which makes room for what is printed. */
export interface BottomLine {
  clear(): void;
  draw(): void;
}

/** Writes results to standard output, and all else to standard error. */
export class Printer {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly language: Language;
  readonly #out: TextStream;
  #records: TextStream;
  readonly #errors: TextStream;
  readonly #isColoured: boolean;
  #bottom: BottomLine | undefined;

  constructor(
    flags: OutputFlags,
    streams: { readonly out: TextStream; readonly errors: TextStream },
    environment: Readonly<Record<string, string | undefined>>,
  ) {
    this.json = flags.output === 'json';
    this.quiet = flags.quiet ?? false;
    this.verbose = flags.verbose ?? false;
    this.language = languageOf(environment);
    this.#out = streams.out;
    this.#records = streams.out;
    this.#errors = streams.errors;
    this.#isColoured =
      streams.errors.isTTY === true && (environment.NO_COLOR ?? '') === '' && environment.TERM !== 'dumb';
  }

  /** Whether progress may be shown: on a terminal only. */
  get showsProgress(): boolean {
    return this.#errors.isTTY === true && !this.quiet;
  }

  /** Standard output gets the content of an object, so lines for programs go to standard error. */
  leaveOutputToContent(): void {
    this.#records = this.#errors;
  }

  /**
   * Keeps a line below all that is printed from now on.
   *
   * @returns what ends that
   */
  keepBelow(bottom: BottomLine): () => void {
    this.#bottom = bottom;
    return () => {
      if (this.#bottom === bottom) this.#bottom = undefined;
    };
  }

  /** A line of the result, for people. Nothing under `--output json`. */
  line(text: string): void {
    if (!this.json) this.#write(this.#out, `${text}\n`);
  }

  /** A line of the result, for programs. Nothing otherwise. */
  record(value: object): void {
    if (this.json) this.#write(this.#records, `${printableJson(value)}\n`);
  }

  /** Something to know beside the result, on standard error. */
  note(text: string): void {
    if (!this.quiet) this.#write(this.#errors, `${text}\n`);
  }

  /** Something that only the curious want to know. */
  detail(text: string): void {
    if (this.verbose) this.#write(this.#errors, `${text}\n`);
  }

  warning(text: string): void {
    if (!this.quiet) this.#write(this.#errors, `${this.#coloured(33, this.text('warning'))}: ${text}\n`);
  }

  /** Why something failed: always shown, with what to do, and in Chinese with what the code means. */
  failure(error: unknown, place?: string): void {
    const message = error instanceof Error ? error.message : String(error);
    const { code } = errorRecord(error);
    const meaning = messagesOf(this.language).codes[code];
    const lines = [
      `${this.#coloured(31, 'oss-envelope')}: ${place === undefined ? '' : `${printable(place)}: `}${printable(message)}`,
      ...(meaning === undefined ? [] : [`  ${meaning}`]),
      ...(this.verbose && code.startsWith('ERR_') && code !== 'ERR_OTHER' ? [`  ${code}`] : []),
    ];
    this.#write(this.#errors, `${lines.join('\n')}\n`);
  }

  /** A text in the language of the user. Values may come from anywhere, and are made fit for a terminal. */
  text(name: TextName, values: Readonly<Record<string, string | number>> = {}): string {
    return messagesOf(this.language).texts[name].replace(/\{(\w+)\}/g, (whole, key: string) =>
      printable(String(values[key] ?? whole)),
    );
  }

  #write(stream: TextStream, text: string): void {
    // What goes into a pipe or a file does not touch the terminal.
    const bottom = stream.isTTY === true ? this.#bottom : undefined;
    bottom?.clear();
    stream.write(text);
    bottom?.draw();
  }

  #coloured(colour: number, text: string): string {
    return this.#isColoured ? `\x1b[${colour}m${text}\x1b[0m` : text;
  }
}

/** The language by the locale: Chinese, or else English. */
export function languageOf(environment: Readonly<Record<string, string | undefined>>): Language {
  const locale = environment.LC_ALL || environment.LC_MESSAGES || environment.LANG || '';
  return /^zh/i.test(locale) ? 'zh' : 'en';
}
