import { expect, it } from 'vitest';

it('a pattern in an object is what its text must match', () => {
  const error = Object.assign(new Error('one two'), { code: 'ERR_X' });
  expect(error).toMatchObject({ code: 'ERR_X', message: /two$/ });
  expect({ list: [{ text: 'one' }] }).toMatchObject({ list: [{ text: /^one$/ }] });
  for (const wrong of [{ message: /three/ }, { code: /^two/ }]) expect(error).not.toMatchObject(wrong);
  expect({}).not.toMatchObject({ message: /./ });
  expect({ message: 12 }).not.toMatchObject({ message: /12/ });
  expect({ message: ['one'] }).not.toMatchObject({ message: /one/ });
  expect(/one/).toEqual(/one/);
  expect(/one/).not.toEqual(/two/);
});

it('bytes are the same when each of them is, and they are of one class', () => {
  const bytes = new Uint8Array(1_000_000).fill(7);
  const other = bytes.slice();
  other[999_999] = 8;
  expect({ bytes }).toEqual({ bytes: bytes.slice() });
  expect(bytes).toStrictEqual(bytes.slice());
  expect(bytes).not.toEqual(bytes.subarray(1));
  expect({ bytes: [bytes.subarray(-9)] }).not.toEqual({ bytes: [other.subarray(-9)] });
  expect(bytes.subarray(-9)).not.toEqual(Buffer.from(bytes.subarray(-9)));
});
