// Makes the call of a run in a process of its own; whoever starts it may kill it at any moment. Orders come by stdin.
import { text } from 'node:stream/consumers';
import { bucketOf, makeCall } from './call.js';
import type { ChildOrders, ChildReport } from './killing.js';
import { digestOf, sceneOf } from './scene.js';
import { seenError } from './seen-error.js';

const { plan, folder, access } = JSON.parse(await text(process.stdin)) as ChildOrders;
const bucket = await bucketOf(plan, access);
const report = await makeCall(plan, sceneOf(plan, folder), bucket, undefined).then(
  (bytes): ChildReport => ({
    kind: 'succeeded',
    result: bytes === undefined ? 'nothing' : digestOf(bytes),
  }),
  (error: unknown): ChildReport => ({ kind: 'failed', error: seenError(error) }),
);
process.stdout.write(JSON.stringify(report));
