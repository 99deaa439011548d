// The page's program: all that has to do with content and keys happens here.
import { EncryptedBucket } from '@oss-envelope/core';
import { rsaProvider } from '@oss-envelope/provider-rsa';
import { presignedTransport } from '@oss-envelope/transport-fetch';

const mebibyte = 1024 * 1024;

const { publicKey, allowedPrefix } = await (await fetch('/settings.json')).json();

const transport = presignedTransport({
  async sign(request, { signal }) {
    const answer = await fetch('/sign', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(request),
      signal,
    });
    if (!answer.ok) throw new Error(`The server did not sign the request: ${await answer.text()}`);
    return answer.json();
  },
});

/** Encrypts a file and stores it. What is under way of it is in memory: three parts, whatever the file's size. */
async function upload(form, options) {
  const file = form.file.files[0];
  const bucket = new EncryptedBucket({
    transport,
    provider: rsaProvider({ publicKey }),
    format: form.format.value,
  });
  await bucket.put(form.key.value, file, {
    ...options,
    // A browser does not tell how far a request is, so the bar moves by parts: small ones, unless there are too many.
    multipartThresholdBytes: mebibyte,
    partSizeBytes: file.size <= 100 * mebibyte ? mebibyte : undefined,
  });
  return [`Stored, encrypted, as ${form.key.value}.`];
}

/**
 * Fetches an object, decrypts it, and saves it once all of it has come and its checks passed. It must be in the chosen
 * format: anyone who can write to the bucket could otherwise put one without authentication in the place of a sealed one.
 */
async function download(form, options) {
  const provider = rsaProvider({
    privateKey: form.privateKey.value,
    passphrase: form.passphrase.value || undefined,
  });
  const format = form.format.value;
  const bucket = new EncryptedBucket({ transport, provider, format, reads: [format] });
  const object = await bucket.get(form.key.value, options);
  const link = document.createElement('a');
  link.href = URL.createObjectURL(await collect(object.chunks()));
  link.download = link.textContent = form.key.value.split('/').at(-1);
  link.click();
  return ['Decrypted and saved: ', link];
}

/** Chunks as one Blob, built of smaller ones, which the browser keeps outside the page and, if they are many, on disk. */
async function collect(chunks) {
  const blobs = [];
  let pending = [];
  let pendingBytes = 0;
  for await (const chunk of chunks) {
    pending.push(chunk);
    pendingBytes += chunk.length;
    if (pendingBytes < 8 * mebibyte) continue;
    blobs.push(new Blob(pending));
    pending = [];
    pendingBytes = 0;
  }
  return new Blob([...blobs, ...pending], { type: 'application/octet-stream' });
}

/** Has a form do `work`, and show how far it is and how it ended. */
function connect(form, work) {
  const [start, cancel] = form.querySelectorAll('button');
  const progress = form.querySelector('progress');
  const amount = form.querySelector('p');
  const outcome = form.querySelector('output');

  function onProgress({ transferredBytes, totalBytes }) {
    progress.value = totalBytes === 0 ? 1 : transferredBytes / totalBytes;
    const percent = Math.floor(progress.value * 100);
    amount.textContent = `${percent} % of ${(totalBytes / mebibyte).toFixed(1)} MiB`;
  }

  function showOutcome(name, ...content) {
    outcome.className = name;
    outcome.replaceChildren(...content);
  }

  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const controller = new AbortController();
    cancel.onclick = () => controller.abort(new Error('Cancelled.'));
    start.disabled = true;
    cancel.hidden = progress.hidden = false;
    progress.removeAttribute('value');
    amount.textContent = '';
    showOutcome('');
    try {
      showOutcome('done', ...(await work(form.elements, { signal: controller.signal, onProgress })));
    } catch (error) {
      progress.hidden = true;
      amount.textContent = '';
      showOutcome('failed', error.message);
    } finally {
      start.disabled = false;
      cancel.hidden = true;
    }
  });
}

const { elements: uploading } = document.querySelector('#upload');
const { elements: downloading } = document.querySelector('#download');

uploading.key.value = downloading.key.value = allowedPrefix;
uploading.file.addEventListener('change', () => {
  uploading.key.value = downloading.key.value = `${allowedPrefix}${uploading.file.files[0]?.name ?? ''}`;
});
uploading.key.addEventListener('input', () => {
  downloading.key.value = uploading.key.value;
});
uploading.format.addEventListener('change', () => {
  downloading.format.value = uploading.format.value;
});
downloading.privateKeyFile.addEventListener('change', async () => {
  downloading.privateKey.value = (await downloading.privateKeyFile.files[0]?.text()) ?? '';
});

connect(document.querySelector('#upload'), upload);
connect(document.querySelector('#download'), download);
