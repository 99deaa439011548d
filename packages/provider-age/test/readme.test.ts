import { expectReadmeExample } from '@oss-envelope/test-kit';
import { test } from 'vitest';

test("the README's example runs, and is what the README shows", () =>
  expectReadmeExample(import.meta.url, () => import('./readme-example.js')));
