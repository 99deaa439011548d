import { describe, expect, test } from 'vitest';
import type { LocalOss } from '../src/index.js';
import { usePhotosBucket } from './photos-bucket.js';
import { element, outcome, type RawAnswer, send } from './raw-request.js';

let oss: LocalOss;
usePhotosBucket((started) => {
  oss = started;
});

describe('multipart rules', () => {
  async function start(headers: Record<string, string> = {}): Promise<string> {
    const answer = await send(oss, {
      method: 'POST',
      bucket: 'photos',
      key: 'big',
      query: { uploads: '' },
      headers,
    });
    expect(answer.status, answer.text).toBe(200);
    return element(answer.text, 'UploadId')!;
  }

  async function part(
    uploadId: string,
    number: number,
    sizeBytes: number,
    headers: Record<string, string> = {},
  ) {
    return send(oss, {
      method: 'PUT',
      bucket: 'photos',
      key: 'big',
      query: { uploadId, partNumber: String(number) },
      body: Buffer.alloc(sizeBytes, number),
      headers,
    });
  }

  function complete(uploadId: string, parts: [number, string][], headers: Record<string, string> = {}) {
    const list = parts.map(([n, etag]) => `<Part><PartNumber>${n}</PartNumber><ETag>${etag}</ETag></Part>`);
    return send(oss, {
      method: 'POST',
      bucket: 'photos',
      key: 'big',
      query: { uploadId },
      body: list.length === 0 ? '' : `<CompleteMultipartUpload>${list.join('')}</CompleteMultipartUpload>`,
      headers,
    });
  }

  test('sizes, order, tags', async () => {
    const uploadId = await start();
    const small = String((await part(uploadId, 1, 100 * 1024 - 1)).headers.etag);
    const last = String((await part(uploadId, 2, 10)).headers.etag);
    expect(
      outcome(
        await complete(uploadId, [
          [1, small],
          [2, last],
        ]),
      ),
    ).toBe('400 EntityTooSmall');
    const first = String((await part(uploadId, 1, 100 * 1024)).headers.etag);
    expect(
      outcome(
        await complete(uploadId, [
          [2, last],
          [1, first],
        ]),
      ),
    ).toBe('400 InvalidPartOrder');
    expect(
      outcome(
        await complete(uploadId, [
          [1, small],
          [2, last],
        ]),
      ),
    ).toBe('400 InvalidPart');
    expect(
      outcome(
        await complete(uploadId, [
          [1, first],
          [3, last],
        ]),
      ),
    ).toBe('400 InvalidPart');
    const xml = await send(oss, {
      method: 'POST',
      bucket: 'photos',
      key: 'big',
      query: { uploadId },
      body: '<Complete',
    });
    expect(outcome(xml)).toBe('400 MalformedXML');
    const done = await complete(uploadId, [
      [1, first],
      [2, last],
    ]);
    expect(outcome(done)).toBe('200');
    expect(element(done.text, 'ETag')?.replaceAll('&quot;', '"')).toBe(done.headers.etag);
    expect(
      outcome(
        await complete(uploadId, [
          [1, first],
          [2, last],
        ]),
      ),
    ).toBe('404 NoSuchUpload');
  });

  test('part numbers, unknown uploads and complete-all', async () => {
    const uploadId = await start();
    expect(outcome(await part(uploadId, 0, 10))).toBe('400 InvalidArgument');
    expect(outcome(await part(uploadId, 10_001, 10))).toBe('400 InvalidArgument');
    const missing = await part('none', 1, 10);
    expect(outcome(missing)).toBe('404 NoSuchUpload');
    expect(element(missing.text, 'EC')).toBe('0042-00000104');
    const copied = await part('none', 1, 10, { 'x-oss-copy-source': '/photos/digits' });
    expect(element(copied.text, 'EC')).toBe('0042-00000311');
    const aborted = { method: 'DELETE', bucket: 'photos', key: 'big', query: { uploadId: 'none' } };
    expect(element((await send(oss, aborted)).text, 'EC')).toBe('0042-00000002');
    expect(outcome(await complete(uploadId, [], { 'x-oss-complete-all': 'yes' }))).toBe('400 InvalidPart');
    const empty = { method: 'POST', bucket: 'photos', key: 'big', query: { uploadId } };
    const none = '<CompleteMultipartUpload></CompleteMultipartUpload>';
    expect(outcome(await complete(uploadId, []))).toBe('400 MalformedXML');
    await part(uploadId, 7, 100 * 1024);
    await part(uploadId, 9, 10);
    const both = await send(oss, { ...empty, body: none, headers: { 'x-oss-complete-all': 'yes' } });
    expect(outcome(both)).toBe('400 InvalidArgument');
    expect(element(both.text, 'EC')).toBe('0042-00000216');
    expect(element(both.text, 'Message')).toMatch(/both complete all header and http body/);
    expect(outcome(await complete(uploadId, [], { 'x-oss-complete-all': 'yes' }))).toBe('200');
    expect((await oss.getObject('photos', 'big')).bytes).toHaveLength(100 * 1024 + 10);
  });

  test('a list without parts makes an empty object', async () => {
    const uploadId = await start();
    await part(uploadId, 1, 10);
    const body = '<CompleteMultipartUpload></CompleteMultipartUpload>';
    const empty = { method: 'POST', bucket: 'photos', key: 'big', query: { uploadId }, body };
    expect(outcome(await send(oss, empty))).toBe('200');
    expect(await oss.getObject('photos', 'big')).toMatchObject({
      bytes: new Uint8Array(0),
      crc64: '0',
      type: 'Multipart',
    });
  });

  test('a part may repeat what belongs to the completion, and nothing of server-side encryption', async () => {
    const uploadId = await start();
    const repeated = { 'x-oss-object-acl': 'private', 'x-oss-complete-all': 'yes' };
    expect(outcome(await part(uploadId, 1, 10, repeated))).toBe('200');
    const sse = { 'x-oss-server-side-encryption': 'AES256' };
    expect(outcome(await part(uploadId, 1, 10, sse))).toBe('400 InvalidArgument');
    const all = { 'x-oss-complete-all': 'yes' };
    expect(outcome(await complete(uploadId, [], { ...all, ...sse }))).toBe('400 InvalidArgument');
    expect(outcome(await complete(uploadId, [], all))).toBe('200');
  });

  test('ListMultipartUploads always names the last one', async () => {
    await oss.createBucket('uploads');
    const list = async (query: Record<string, string> = {}) =>
      (
        await send(oss, {
          method: 'GET',
          bucket: 'uploads',
          path: '/uploads/',
          query: { uploads: '', ...query },
        })
      ).text;
    expect(element(await list(), 'NextKeyMarker')).toBe('');
    for (const key of ['a', 'b']) {
      await send(oss, { method: 'POST', bucket: 'uploads', key, query: { uploads: '' } });
    }
    const [first, second] = oss.uploads('uploads');
    const whole = await list();
    expect(element(whole, 'IsTruncated')).toBe('false');
    expect(element(whole, 'NextKeyMarker')).toBe('b');
    expect(element(whole, 'NextUploadIdMarker')).toBe(second?.uploadId);
    const page = await list({ 'max-uploads': '1' });
    expect([element(page, 'IsTruncated'), element(page, 'NextUploadIdMarker')]).toEqual([
      'true',
      first?.uploadId,
    ]);
    const rest = await list({ 'key-marker': 'a', 'upload-id-marker': first!.uploadId });
    expect(element(rest, 'Key')).toBe('b');
    expect(
      outcome(
        await send(oss, {
          method: 'GET',
          bucket: 'uploads',
          path: '/uploads/',
          query: { uploads: '', prefix: 'p'.repeat(1024) },
        }),
      ),
    ).toBe('400 InvalidArgument');
  });

  describe('of client-side encrypted objects', () => {
    const prefix = 'x-oss-meta-client-side-encryption-';
    const envelope = {
      [`${prefix}key`]: 'a2V5',
      [`${prefix}start`]: 'c3RhcnQ=',
      [`${prefix}cek-alg`]: 'AES/CTR/NoPadding',
      [`${prefix}wrap-alg`]: 'RSA/NONE/PKCS1Padding',
    };
    const sizes = { [`${prefix}data-size`]: '204810', [`${prefix}part-size`]: '102400' };

    function without(name: string, from: Record<string, string> = { ...envelope, ...sizes }) {
      return Object.fromEntries(Object.entries(from).filter(([key]) => key !== prefix + name));
    }

    async function refusal(answer: Promise<RawAnswer>): Promise<string | undefined> {
      const { status, text } = await answer;
      if (element(text, 'EC')?.startsWith('0005-')) {
        expect(element(text, 'Code')).toBe('InvalidEncryptionRequest');
      }
      return status === 400 ? element(text, 'EC') : `status ${status}`;
    }

    const put = (headers: Record<string, string>) =>
      send(oss, { method: 'PUT', bucket: 'photos', key: 'enc', body: 'x', headers });
    const initiate = (headers: Record<string, string>) =>
      send(oss, { method: 'POST', bucket: 'photos', key: 'big', query: { uploads: '' }, headers });

    test('the four headers are required', async () => {
      const required = ['key', 'start', 'cek-alg', 'wrap-alg'];
      for (const [index, name] of required.entries()) {
        expect(await refusal(put(without(name, envelope)))).toBe(`0005-0000040${index + 1}`);
        expect(await refusal(initiate(without(name)))).toBe(`0005-0000040${index + 1}`);
      }
      expect((await put(envelope)).status).toBe(200);
    });

    test('wrap-alg rsa requires the magic number', async () => {
      const rsa = { ...envelope, [`${prefix}wrap-alg`]: 'rsa' };
      expect(await refusal(put(rsa))).toBe('0005-00000405');
      expect((await put({ ...rsa, [`${prefix}magic-number-hmac`]: 'x' })).status).toBe(200);
    });

    test('sizes are required for parts, whole numbers, and at most 10000 parts', async () => {
      expect(await refusal(initiate(without('data-size')))).toBe('0005-00000406');
      expect(await refusal(initiate(without('part-size')))).toBe('0005-00000407');
      const all = { ...envelope, ...sizes };
      expect(await refusal(initiate({ ...all, [`${prefix}data-size`]: '9x5.2' }))).toBe('0005-00000408');
      expect(await refusal(initiate({ ...all, [`${prefix}part-size`]: '1.5' }))).toBe('0005-00000409');
      expect(await refusal(initiate({ ...all, [`${prefix}data-size`]: '1024000001' }))).toBe('0005-00000410');
      expect((await initiate({ ...all, [`${prefix}data-size`]: '1024000000' })).status).toBe(200);
    });

    test('parts repeat the headers unchanged, or send none', async () => {
      const all = { ...envelope, ...sizes };
      const uploadId = await start(all);
      const codes = {
        key: 412,
        start: 413,
        'cek-alg': 414,
        'wrap-alg': 415,
        'data-size': 417,
        'part-size': 418,
      };
      for (const [name, code] of Object.entries(codes)) {
        const changed = { ...all, [prefix + name]: name.endsWith('size') ? '204811' : 'other' };
        expect(await refusal(part(uploadId, 1, 102_400, changed)), name).toBe(`0005-00000${code}`);
      }
      expect((await part(uploadId, 1, 102_400, all)).status).toBe(200);
      expect((await part(uploadId, 1, 102_400)).status).toBe(200);
      const plain = await start();
      expect(await refusal(part(plain, 1, 102_400, all))).toBe('0005-00000412');
    });

    test('part sizes and their number', async () => {
      const all = { ...envelope, ...sizes };
      const uploadId = await start(all);
      expect(await refusal(part(uploadId, 1, 102_399, all))).toBe('0005-00000419');
      expect(await refusal(part(uploadId, 3, 11, all))).toBe('0005-00000420');
      const tags: [number, string][] = [];
      for (const [number, size] of [
        [1, 102_400],
        [2, 102_400],
        [3, 10],
        [4, 102_400],
      ] as const) {
        tags.push([number, String((await part(uploadId, number, size, all)).headers.etag)]);
      }
      expect(await refusal(complete(uploadId, tags))).toBe('0005-00000411');
      const done = await complete(uploadId, tags.slice(0, 3));
      expect(done.status, done.text).toBe(200);
      expect((await oss.getObject('photos', 'big')).headers).toMatchObject(all);
    });

    test('ListParts shows what the upload was started with, except matdesc', async () => {
      const uploadId = await start({ ...envelope, ...sizes, [`${prefix}matdesc`]: '{"a":"b"}' });
      const { text } = await send(oss, { method: 'GET', bucket: 'photos', key: 'big', query: { uploadId } });
      expect(element(text, 'ClientEncryptionKey')).toBe('a2V5');
      expect(element(text, 'ClientEncryptionStart')).toBe('c3RhcnQ=');
      expect(element(text, 'ClientEncryptionCekAlg')).toBe('AES/CTR/NoPadding');
      expect(element(text, 'ClientEncryptionWrapAlg')).toBe('RSA/NONE/PKCS1Padding');
      expect(element(text, 'ClientEncryptionDataSize')).toBe('204810');
      expect(element(text, 'ClientEncryptionPartSize')).toBe('102400');
      expect(text).not.toContain('{');
    });

    test('copies keep the metadata', async () => {
      await put(envelope);
      const copy = (headers: Record<string, string>) =>
        send(oss, {
          method: 'PUT',
          bucket: 'photos',
          key: 'copied',
          headers: { 'x-oss-copy-source': '/photos/enc', ...headers },
        });
      const ontoItself = send(oss, {
        method: 'PUT',
        bucket: 'photos',
        key: 'enc',
        headers: {
          'x-oss-copy-source': '/photos/enc',
          'x-oss-metadata-directive': 'REPLACE',
          'x-oss-meta-a': '1',
        },
      });
      expect(await refusal(ontoItself)).toBe('0005-00000421');
      const replace = { 'x-oss-metadata-directive': 'REPLACE', 'x-oss-meta-a': '1' };
      expect(await refusal(copy({ ...replace, 'x-oss-meta-client-side-encryption-key': 'other' }))).toBe(
        '0005-00000421',
      );
      expect((await copy(replace)).status).toBe(200);
      expect((await oss.getObject('photos', 'copied')).headers).toMatchObject({
        ...envelope,
        'x-oss-meta-a': '1',
      });
      expect((await copy({})).status).toBe(200);
      expect((await oss.getObject('photos', 'copied')).headers).toMatchObject(envelope);
      const uploadId = await start();
      const partCopy = send(oss, {
        method: 'PUT',
        bucket: 'photos',
        key: 'big',
        query: { uploadId, partNumber: '1' },
        headers: { 'x-oss-copy-source': '/photos/enc' },
      });
      expect(await refusal(partCopy)).toBe('0042-00000309');
    });

    test('metadata of the 2018 format is ordinary', async () => {
      const headers = { 'x-oss-meta-oss-crypto-key': 'k', 'x-oss-meta-oss-wrap-alg': 'rsa' };
      expect((await put(headers)).status).toBe(200);
      expect((await initiate(headers)).status).toBe(200);
    });
  });
});
