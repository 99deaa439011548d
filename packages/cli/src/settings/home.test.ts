import { expect, test } from 'vitest';
import { inHome } from './home.js';

test('a path in the home folder, and none where there is no such folder', () => {
  expect(inHome(['.a', 'b'], () => '/home/me')).toBe('/home/me/.a/b');
  expect(inHome(['.a'], () => '')).toBeUndefined();
  expect(inHome(['.a'], () => 'here')).toBeUndefined();
  const nobody = () => {
    throw new Error('A system error occurred: uv_os_homedir returned ENOENT');
  };
  expect(inHome(['.a'], nobody)).toBeUndefined();
});
