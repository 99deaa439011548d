import { generateKeyPairSync } from 'node:crypto';
import { expect, it } from 'vitest';
import { diary } from './diary.js';
import type { ExampleBench } from './example-bench.js';

const rsaPrivateKey = (): string =>
  generateKeyPairSync('rsa', { modulusLength: 2048 })
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString();

/** What goes wrong, and what the page says of it. */
export function problemTests(bench: ExampleBench): void {
  it('a changed file, one in the place of another, and one that is not encrypted are not saved', async () => {
    const { oss } = bench;
    const tab = await bench.openTab();
    let downloads = 0;
    tab.page.on('download', () => {
      downloads += 1;
    });
    await tab.makeKey('Key file');
    const names = ['changed.bin', 'swapped.bin', 'plain.bin'];
    await tab.store(...names.map((name) => ({ name, content: diary(100_000) })));
    for (const name of names) await tab.isStored(name);
    const { bytes, headers } = await oss.getObject('photos', 'uploads/changed.bin');
    await oss.putObject('photos', 'uploads/swapped.bin', bytes, headers);
    await oss.putObject('photos', 'uploads/plain.bin', diary(1000));
    await oss.corruptByte('photos', 'uploads/changed.bin', 50_000);

    for (const [name, words] of [
      ['changed.bin', 'This file was changed or damaged after it was encrypted, so nothing of it was saved.'],
      ['swapped.bin', 'Someone moved or swapped this file'],
      ['plain.bin', 'This file is not encrypted, so it was not opened here'],
    ] as const) {
      await tab.storedRow(name).getByRole('button', { name: 'Download' }).click();
      await tab.storedRow(name).getByRole('alert').getByText(words).waitFor();
    }
    expect(downloads).toBe(0);
    expect(tab.complaints).toEqual([]);
  });

  it('a wrong key, and none', async () => {
    const tab = await bench.openTab();
    await tab.makeKey('Key file');
    await tab.store({ name: 'foreign.bin', content: diary(1000) });
    await tab.isStored('foreign.bin');
    await tab.page.getByRole('button', { name: 'Use another key' }).click();
    const row = await tab.verify('foreign.bin');
    await row.getByText('Make or load the key that opens this file, then try again.').waitFor();
    await tab.makeKey('Key file');
    await tab.verify('foreign.bin');
    await row.getByText('Your key does not open this file.').waitFor();
    await row.getByText('Technical details').click();
    expect(await row.locator('details').textContent()).toContain('ERR_KEY_UNWRAP_FAILED: ');
    await tab.page.getByRole('button', { name: 'Use another key' }).click();
    await tab.loadKey(rsaPrivateKey());
    await tab.keyIsReady();
    await tab.verify('foreign.bin');
    await row.getByText('This file was encrypted for another kind of key.').waitFor();
    expect(tab.complaints).toEqual([]);
  });

  it('a network that is cut, until it is back', async () => {
    const tab = await bench.openTab();
    await tab.makeKey('Key file');
    const everything = `${bench.front.origin}/**`;
    await tab.page.route(everything, (route) => route.abort('internetdisconnected'));
    const [row] = await tab.store({ name: 'cut.bin', content: diary(1000) });
    await row?.getByRole('alert').getByText('The bucket cannot be reached.').waitFor();
    await tab.page.unroute(everything);
    await row?.getByRole('button', { name: 'Try again' }).click();
    await tab.isStored('cut.bin');

    await tab.page.route('**/sign', (route) => route.abort('connectionrefused'));
    const stored = await tab.verify('cut.bin');
    await stored.getByRole('alert').getByText('The server of this page cannot be reached.').waitFor();
    await tab.page.getByRole('button', { name: 'Refresh' }).click();
    await tab.page.locator('#stored > [role="alert"]').getByText('The server of this page').waitFor();
  });

  it('a name that is taken, and one that cannot be', async () => {
    const tab = await bench.openTab();
    await tab.makeKey('Key file');
    await tab.store({ name: 'taken.txt', content: Buffer.from('first') });
    await tab.isStored('taken.txt');
    const [row] = await tab.store({ name: 'taken.txt', content: Buffer.from('second') });
    await row?.getByRole('alert').getByText('A file of this name is stored already.').waitFor();
    expect(String(await tab.download('taken.txt'))).toBe('first');
    await row?.getByRole('button', { name: 'Replace the stored file' }).click();
    await tab.isStored('taken.txt');
    await expect.poll(async () => String(await tab.download('taken.txt'))).toBe('second');

    await tab.add({ name: 'b', content: diary(1) });
    await tab.page.getByLabel('Name in the bucket').fill('../b');
    await tab.start().click();
    await tab.uploadRow('b').getByRole('alert').getByText('This name cannot be used.').waitFor();
  });

  it('a request without one of the signed metadata headers is refused', async () => {
    const { front, oss } = bench;
    const tab = await bench.openTab();
    await tab.makeKey('Key file');
    await tab.page.route(`${front.origin}/**`, async (route) => {
      const { 'x-oss-meta-oss-envelope-head': _, ...headers } = route.request().headers();
      await route.continue({ headers });
    });
    const [row] = await tab.store({ name: 'refused.bin', content: diary(1000) });
    await row?.getByRole('alert').getByText('The bucket refused the request.').waitFor();
    expect(oss.requests.of('PutObject')).toMatchObject([
      { status: 403, errorCode: 'SignatureDoesNotMatch', key: 'uploads/refused.bin' },
    ]);
    expect(oss.hasObject('photos', 'uploads/refused.bin')).toBe(false);
  });
}
