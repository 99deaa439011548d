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
