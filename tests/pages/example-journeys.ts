import { type Envelope, parseEnvelope } from '@oss-envelope/core';
import { defaultOssAccount } from '@oss-envelope/local-cloud';
import { ageProvider } from '@oss-envelope/provider-age';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { diary, diaryPhrase, spellings } from './diary.js';
import type { ExampleBench } from './example-bench.js';
import { savedBy } from './example-tab.js';

const mebibyte = 1024 * 1024;

/** Presses Tab until the control of this name has the focus. Each press counts: an order that leads astray fails. */
async function tabTo(page: Page, name: RegExp, mostPresses: number): Promise<void> {
  const passed: string[] = [];
  for (let presses = 0; presses < mostPresses; presses += 1) {
    await page.keyboard.press('Tab');
    const focused = await page.evaluate(nameOfFocused);
    if (name.test(focused)) return;
    passed.push(focused);
  }
  expect.fail(`${name} has not the focus after ${passed.join(', ')}`);
}

/** Runs in the page: what the control with the focus is called, as its label or its text says. */
function nameOfFocused(): string {
  const focused = document.activeElement as HTMLInputElement | null;
  const label = focused?.labels?.[0]?.textContent ?? focused?.textContent ?? '';
  return label.replace(/\s+/g, ' ').trim();
}

/** From a key to a file that came back, and what nobody else gets to see. */
export function journeyTests(bench: ExampleBench): void {
  it('the whole journey by keyboard alone, and nothing secret leaves the page', async () => {
    const { oss, proxy, front } = bench;
    const tab = await bench.openTab();
    const { page } = tab;
    const { keyboard } = page;
    const content = diary(3 * mebibyte + 123);

    await tabTo(page, /^Go to the stored files$/, 1);
    await tabTo(page, /^English$/, 1);
    await tabTo(page, /^Key file/, 1);
    await tabTo(page, /^Make this key$/, 1);
    await keyboard.press('Enter');
    await tab.keyIsReady();
    expect(await page.evaluate(nameOfFocused)).toBe('Your key');

    await tabTo(page, /^Save the key file$/, 1);
    const keyFile = (await savedBy(page, () => keyboard.press('Enter'))).toString();
    expect(keyFile).toMatch(/^# public key: age1pq1\w+\nAGE-SECRET-KEY-PQ-1\w+\n$/);
    await page.getByText('Saved. Keep it where only you can read it.').waitFor();

    // The browser must know in time that it is not to open a dialog of its own.
    const chosen = page.waitForEvent('filechooser');
    await tabTo(page, /^Choose files/, 2);
    await keyboard.press('Enter');
    await (await chosen).setFiles(await tab.onDisk({ name: 'diary.txt', content }));
    await tabTo(page, /^Name in the bucket$/, 3);
    await keyboard.press('ControlOrMeta+A');
    await keyboard.type('notes.bin');
    expect(await tab.uploadRow('diary.txt').textContent()).toContain(
      'Others will see: uploads/notes.bin, 3,145,851 bytes',
    );
    await tabTo(page, /^Encrypt and upload 1 file$/, 1);
    await keyboard.press('Enter');
    await tab.storedRow('notes.bin').waitFor();
    expect(new Set(await tab.progressOf('diary.txt')).size).toBeGreaterThanOrEqual(3);

    const stored = await oss.getObject('photos', 'uploads/notes.bin');
    expect(Buffer.from(stored.bytes).includes(diaryPhrase)).toBe(false);
    await tabTo(page, /^Download notes\.bin$/, 4);
    expect(content.equals(await savedBy(page, () => keyboard.press('Enter')))).toBe(true);
    await tab.storedRow('notes.bin').getByText('Saved. Every byte was verified.').waitFor();
    // The button was away meanwhile, and the focus is back on it.
    expect(await page.evaluate(nameOfFocused)).toBe('Download notes.bin');
    await tabTo(page, /^Verify notes\.bin$/, 1);
    await keyboard.press('Enter');
    await tab.storedRow('notes.bin').getByText('Verified: every byte is what was encrypted.').waitFor();

    const heard = await page.getByRole('status').allTextContents();
    expect(heard.join()).toContain('notes.bin: every byte is what was encrypted.');
    const progress = await tab.progressOf('diary.txt');
    expect(progress).toEqual(progress.toSorted((a, b) => a - b));
    expect(progress.at(-1)).toBe(1);

    // What was signed went through the server, which saw neither the content nor a key.
    const toServer = proxy.sent();
    expect(toServer.includes('"method":"GET"')).toBe(true);
    const identity = ageProvider({ identities: keyFile });
    const { wrappedKey, ...recipient } = firstRecipient(parseEnvelope(stored.headers));
    const { key } = await identity.unwrapKey({ format: 'sealed', ...recipient, wrappedKey });
    const secrets = [diaryPhrase, 'diary.txt', String(/AGE-SECRET-KEY-PQ-1(\w+)/.exec(keyFile)?.[1])].map(
      (text) => Buffer.from(text),
    );
    for (const secret of [...secrets, Buffer.from(key.bytes)]) {
      for (const spelling of spellings(secret)) expect(toServer.includes(spelling)).toBe(false);
    }
    expect(proxy.received().includes(defaultOssAccount.accessKeySecret)).toBe(false);
    for (const { url, headers } of oss.requests) {
      expect(url).toContain('x-oss-signature=');
      expect(headers).not.toHaveProperty('authorization');
    }
    expect([...tab.origins].filter((origin) => !origin.startsWith('blob:')).sort()).toEqual(
      [front.origin, tab.origin].sort(),
    );
    expect(tab.complaints).toEqual([]);
    // Another program opens it with the file that the page saved.
    const read = await bench.bucketOf(identity).get('uploads/notes.bin');
    expect(content.equals(await read.bytes())).toBe(true);
  });

  it('files can be dropped anywhere, removed again, and are stored one after another', async () => {
    const tab = await bench.openTab();
    await tab.makeKey('Key file');
    await tab.page.evaluate(() => {
      const dataTransfer = new DataTransfer();
      for (const name of ['dropped-1.txt', 'dropped-2.txt', 'dropped-3.txt']) {
        dataTransfer.items.add(new File([name], name));
      }
      for (const type of ['dragover', 'drop']) {
        document.querySelector('footer')?.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true }));
      }
    });
    await tab.uploadRow('dropped-2.txt').getByRole('button', { name: 'Remove dropped-2.txt' }).click();
    // The focus goes to the neighbour.
    expect(await tab.page.evaluate(nameOfFocused)).toBe('Remove dropped-3.txt');
    await tab.page.getByRole('button', { name: 'Encrypt and upload 2 files' }).click();
    await tab.isStored('dropped-1.txt');
    await tab.isStored('dropped-3.txt');
    expect((await tab.download('dropped-3.txt')).toString()).toBe('dropped-3.txt');
    expect(bench.oss.hasObject('photos', 'uploads/dropped-2.txt')).toBe(false);
    expect(tab.complaints).toEqual([]);
  });

  it('what is cancelled leaves nothing behind, and can be started again', async () => {
    const { oss } = bench;
    const tab = await bench.openTab();
    await tab.makeKey('Key file');
    // The third part is never answered.
    const fault = oss.faults.add({ kind: 'stall-response', match: { operation: 'UploadPart' }, skip: 2 });
    const [row] = await tab.store({ name: 'cancelled.bin', content: diary(3 * mebibyte) });
    await expect.poll(() => fault.hits, { timeout: 20_000 }).toBe(1);
    expect(oss.uploads('photos')).toHaveLength(1);
    await row?.getByRole('button', { name: 'Cancel' }).click();
    await tab.page
      .getByText('Cancelled. Nothing of it is left in the bucket.')
      .waitFor({ state: 'attached' });
    await expect.poll(() => oss.uploads('photos')).toEqual([]);
    expect(oss.hasObject('photos', 'uploads/cancelled.bin')).toBe(false);
    await tab.start().click();
    await tab.isStored('cancelled.bin');
  });

  it('the server signs for the allowed names and operations only', async () => {
    const { origin } = await bench.openTab();
    const request = { method: 'HEAD', key: 'uploads/a', query: {}, headers: {} };
    const list = { ...request, method: 'GET', key: '', query: { 'list-type': '2', prefix: 'uploads/' } };
    const answerTo = async (body: object, type = 'application/json'): Promise<number> => {
      const headers = { 'content-type': type };
      return (await fetch(`${origin}/sign`, { method: 'POST', headers, body: JSON.stringify(body) })).status;
    };
    expect(await answerTo(request)).toBe(200);
    expect(await answerTo(list)).toBe(200);
    expect(await answerTo(request, 'text/plain')).toBe(415);
    const refused = [
      { ...request, method: 'DELETE' },
      { ...request, key: 'elsewhere/a' },
      { ...request, key: 'uploads/../a' },
      { ...request, padding: 'x'.repeat(100_000) },
      { ...list, query: { 'list-type': '2' } },
      { ...list, query: { 'list-type': '2', prefix: 'elsewhere/' } },
      null as unknown as object,
    ];
    for (const body of refused) expect(await answerTo(body)).toBe(403);
  });
}

function firstRecipient(state: ReturnType<typeof parseEnvelope>) {
  const envelope: Envelope | undefined = state.kind === 'enveloped' ? state.envelope : undefined;
  if (envelope?.format !== 'sealed' || envelope.recipients[0] === undefined) {
    expect.fail('the object is not sealed');
  }
  return envelope.recipients[0];
}
