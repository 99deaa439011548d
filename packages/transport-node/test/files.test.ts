import * as core from '@oss-envelope/core/node';
import * as files from '@oss-envelope/transport-node/files';
import { expect, it } from 'vitest';

it("hands core's file calls on", () => {
  expect(files.putFile).toBe(core.putFile);
  expect(files.getToFile).toBe(core.getToFile);
});
