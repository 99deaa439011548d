import { generateKeyPairSync } from 'node:crypto';
import { ageProvider, generateAgeIdentity } from '@oss-envelope/provider-age';
import { rsaProvider } from '@oss-envelope/provider-rsa';
import { expect, it } from 'vitest';
import { diary } from './diary.js';
import type { ExampleBench } from './example-bench.js';
import { virtualAuthenticators } from './virtual-authenticators.js';

/** Keys of every kind: made, saved, loaded, and what the page makes of them elsewhere. */
export function keyTests(bench: ExampleBench): void {
  it('an RSA pair under a passphrase, in each format', async () => {
    const tab = await bench.openTab();
    await tab.makeKey('RSA pair', 'correct horse');
    const fingerprint = await tab.fingerprint();
    const keyFile = await tab.saveKey();
    expect(keyFile).toMatch(/BEGIN PUBLIC KEY[\s\S]*BEGIN ENCRYPTED PRIVATE KEY/);
    const provider = rsaProvider({ privateKey: keyFile, passphrase: 'correct horse' });
    const formats = ['sealed', 'oss-crypto', 'client-side-encryption'] as const;
    for (const format of formats) {
      await tab.page.getByRole('combobox', { name: 'Format' }).selectOption(format);
      await tab.store({ name: `rsa-${format}.txt`, content: diary(1000) });
      await tab.isStored(`rsa-${format}.txt`);
      const read = await bench.bucketOf(provider, format).get(`uploads/rsa-${format}.txt`);
      expect(diary(1000).equals(await read.bytes())).toBe(true);
    }

    await tab.page.reload();
    await tab.loadKey(keyFile);
    const { page } = tab;
    await page.getByLabel('This key file is locked. Passphrase').fill('wrong');
    await page.getByRole('button', { name: 'Unlock' }).click();
    await page.getByText('That is not the passphrase of this key').waitFor();
    await page.getByLabel('This key file is locked. Passphrase').fill('correct horse');
    await page.getByRole('button', { name: 'Unlock' }).click();
    await tab.keyIsReady();
    expect(await tab.fingerprint()).toBe(fingerprint);

    expect(diary(1000).equals(await tab.download('rsa-sealed.txt'))).toBe(true);
    // What cannot show changes opens for who asks for it, and the page does not say that it was verified.
    for (const format of ['oss-crypto', 'client-side-encryption']) {
      const row = await tab.verify(`rsa-${format}.txt`);
      await row.getByText('The format of this file cannot show changes').waitFor();
    }
    await page.getByLabel('Also open files whose format cannot show changes').check();
    for (const format of ['oss-crypto', 'client-side-encryption']) {
      expect(diary(1000).equals(await tab.download(`rsa-${format}.txt`))).toBe(true);
      await tab
        .storedRow(`rsa-${format}.txt`)
        .getByText('Whether someone changed it, nobody can tell')
        .waitFor();
    }
    expect(bench.proxy.sent().includes('correct horse')).toBe(false);
    expect(tab.complaints).toEqual([]);
  });

  it('a passkey, which the browser remembers, and its recovery file', async () => {
    const tab = await bench.openTab();
    const { page } = tab;
    const authenticators = await virtualAuthenticators(page);
    await authenticators.add({ hasPrf: true });
    await tab.makeKey('Passkey');
    const fingerprint = await tab.fingerprint();
    const recovery = await tab.saveKey();
    await tab.store({ name: 'passkey.txt', content: diary(1000) });
    await tab.isStored('passkey.txt');
    await page.reload();
    await page.getByRole('button', { name: 'Use a passkey that you have' }).click();
    await tab.keyIsReady();
    expect(await tab.fingerprint()).toBe(fingerprint);
    expect(diary(1000).equals(await tab.download('passkey.txt'))).toBe(true);
    const recovered = await bench.bucketOf(ageProvider({ identities: recovery })).get('uploads/passkey.txt');
    expect(diary(1000).equals(await recovered.bytes())).toBe(true);
    expect(await page.evaluate(() => JSON.stringify(localStorage))).not.toContain('SECRET');
    expect(tab.complaints).toEqual([]);

    // A user who says no, and a passkey that cannot do it.
    await page.getByRole('button', { name: 'Use another key' }).click();
    await page.getByRole('radio', { name: 'Passkey' }).check();
    await authenticators.refuse();
    await page.getByRole('button', { name: 'Make this key' }).click();
    await page.getByText('The passkey was not used: you or the browser said no.').waitFor();
    await authenticators.remove();
    await authenticators.add({ hasPrf: false });
    await page.getByRole('button', { name: 'Make this key' }).click();
    await page.getByText('This browser or this passkey cannot encrypt.').waitFor();
  });

  it('a public half alone uploads, and opens nothing', async () => {
    const { identity, recipient } = await generateAgeIdentity();
    const tab = await bench.openTab();
    await tab.loadKey(recipient);
    await tab.keyIsReady();
    await tab.page.getByText('It encrypts files, and opens none.').waitFor();
    await tab.store({ name: 'for-somebody.txt', content: diary(100) });
    await tab.isStored('for-somebody.txt');
    const row = await tab.verify('for-somebody.txt');
    await row.getByText('Your key is a public half, which opens nothing.').waitFor();
    const bucket = bench.bucketOf(ageProvider({ identities: identity }));
    expect(await (await bucket.get('uploads/for-somebody.txt')).text()).toBe(String(diary(100)));
  });

  it('RSA keys as other tools write them: two files, or the private one alone', async () => {
    const pair = () =>
      generateKeyPairSync('rsa', {
        modulusLength: 2048,
        publicKeyEncoding: { type: 'spki', format: 'pem' },
        privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
      });
    const [mine, other] = [pair(), pair()];
    const tab = await bench.openTab();
    await tab.loadKey(mine.publicKey, other.privateKey);
    await tab.page.getByText('These two halves do not belong together.').waitFor();
    await tab.loadKey(mine.publicKey, mine.privateKey);
    await tab.keyIsReady();
    const fingerprint = await tab.fingerprint();
    expect(fingerprint).toMatch(/^[0-9a-f]{64}$/);
    await tab.page.getByRole('button', { name: 'Use another key' }).click();
    await tab.loadKey(mine.privateKey);
    await tab.keyIsReady();
    expect(await tab.fingerprint()).toBe(fingerprint);
    await tab.store({ name: 'of-one-half.txt', content: diary(100) });
    await tab.isStored('of-one-half.txt');
    expect(diary(100).equals(await tab.download('of-one-half.txt'))).toBe(true);
  });

  it('what is no key is refused in words, and not shown', async () => {
    const tab = await bench.openTab();
    for (const [text, words] of [
      ['open sesame', 'This is no key that the page knows.'],
      ['AGE-SECRET-KEY-1DAMAGED', 'This key cannot be used'],
      ['-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----', 'This key cannot be used'],
    ] as const) {
      await tab.loadKey(text);
      await tab.page.locator('#key .problem').getByText(words).waitFor();
    }
    expect(await tab.page.locator('#key').textContent()).not.toMatch(/sesame|DAMAGED|MIIB/);
  });
}
