import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Download, Locator, Page } from 'playwright-core';

/** A file that a test gives to the page. */
export interface GivenFile {
  readonly name: string;
  readonly content: Uint8Array;
}

/** The page in a browser, and what a user does with it. */
export class ExampleTab {
  readonly page: Page;
  /** What the console said, and errors that nobody caught. */
  readonly complaints: string[] = [];
  /** Whom the page talked to. */
  readonly origins: Set<string> = new Set();
  readonly #url: string;
  readonly #folder: string;

  /** @param folder - for files that the user has; whoever made it removes it */
  constructor(page: Page, url: string, folder: string) {
    this.page = page;
    this.#url = url;
    this.#folder = folder;
    page.setDefaultTimeout(30_000);
    page.on('console', (message) => this.complaints.push(message.text()));
    page.on('pageerror', (error) => this.complaints.push(error.message));
    page.on('request', (request) => this.origins.add(new URL(request.url()).origin));
    // Leaving with an unsaved key asks first; tests leave.
    page.on('dialog', (dialog) => dialog.accept());
  }

  get origin(): string {
    return this.#url;
  }

  async open(): Promise<void> {
    await this.page.addInitScript(recordProgress);
    await this.page.goto(this.#url);
    await this.listIsRead();
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }

  async listIsRead(): Promise<void> {
    await this.page.locator('#stored[aria-busy="false"]').waitFor();
  }

  /** Makes a key of the kind that is called so. */
  async makeKey(kind: 'Key file' | 'Passkey' | 'RSA pair', passphrase?: string): Promise<void> {
    await this.page.getByRole('radio', { name: kind }).check();
    if (passphrase !== undefined) await this.page.getByLabel('Passphrase for the key file').fill(passphrase);
    await this.page.getByRole('button', { name: 'Make this key' }).click();
    await this.keyIsReady();
  }

  async keyIsReady(): Promise<void> {
    await this.page.getByRole('button', { name: 'Use another key' }).waitFor();
  }

  /** The text of the key file that the page saves. */
  async saveKey(): Promise<string> {
    const button = this.page.getByRole('button', { name: /^Save the (key|recovery) file$/ });
    return (await savedBy(this.page, () => button.click())).toString();
  }

  /** Gives key files to the page, by their texts. */
  async loadKey(...texts: string[]): Promise<void> {
    const files = texts.map((text, index) => ({
      name: `key-${index}.txt`,
      mimeType: 'text/plain',
      buffer: Buffer.from(text),
    }));
    await this.page.getByLabel('Load key files').setInputFiles(files);
  }

  fingerprint(): Promise<string | null> {
    return this.page.locator('.fingerprint').textContent();
  }

  /** Adds files to those that are to be stored. */
  async add(...files: GivenFile[]): Promise<void> {
    await this.page.getByLabel('Choose files').setInputFiles(await this.onDisk(...files));
  }

  /** The paths of files. What has a path need not be sent to the browser by the test. */
  async onDisk(...files: GivenFile[]): Promise<string[]> {
    const folder = await mkdtemp(join(this.#folder, 'given-'));
    const paths = files.map(({ name }) => join(folder, name));
    await Promise.all(files.map(({ content }, index) => writeFile(String(paths[index]), content)));
    return paths;
  }

  /** Adds files, and stores them; gives their rows. */
  async store(...files: GivenFile[]): Promise<Locator[]> {
    await this.add(...files);
    await this.start().click();
    return files.map(({ name }) => this.uploadRow(name));
  }

  start(): Locator {
    return this.page.getByRole('button', { name: /^Encrypt and upload/ });
  }

  uploadRow(name: string): Locator {
    return this.page.locator('#upload .row').filter({ hasText: name });
  }

  storedRow(name: string): Locator {
    return this.page.locator('#stored .row').filter({ hasText: name });
  }

  /** Waits until a file is stored, and listed. */
  async isStored(name: string): Promise<void> {
    await this.uploadRow(name).getByText('Stored, encrypted').waitFor();
    await this.storedRow(name).waitFor();
  }

  /** The bytes that the page saves of a stored file. */
  download(name: string): Promise<Buffer> {
    const button = this.storedRow(name).getByRole('button', { name: 'Download' });
    return savedBy(this.page, () => button.click());
  }

  async verify(name: string): Promise<Locator> {
    await this.storedRow(name).getByRole('button', { name: 'Verify' }).click();
    return this.storedRow(name);
  }

  /** Every state that a file's bar was in, from 0 to 1. */
  async progressOf(name: string): Promise<number[]> {
    const states = await this.page.evaluate<Record<string, string[]>>('progressStates');
    return (states[name] ?? []).map(Number);
  }
}

/** The content of the file that a page saves after some action. */
export async function savedBy(page: Page, act: () => Promise<void>): Promise<Buffer> {
  const [saved] = await Promise.all([page.waitForEvent('download'), act()]);
  return readFile(await (saved satisfies Download).path());
}

/** Runs in the page: keeps every state that a progress bar was in. */
function recordProgress(): void {
  const states: Record<string, string[]> = {};
  Object.assign(globalThis, { progressStates: states });
  new MutationObserver((records) => {
    for (const { target } of records) {
      const bar = target as HTMLProgressElement;
      const value = bar.getAttribute('value');
      if (bar.localName !== 'progress' || value === null) continue;
      const name = bar.getAttribute('aria-label') ?? '';
      states[name] ??= [];
      states[name].push(value);
    }
  }).observe(document, { subtree: true, attributes: true, attributeFilter: ['value'] });
}
