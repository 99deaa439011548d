// A local OSS in a process of its own, which its parent commands by messages. See server-process.mjs.
import { defaultOssAccount, startOss } from '@oss-envelope/local-cloud';
import { primeMalloc } from './malloc-priming.mjs';

const oss = await startOss(JSON.parse(process.argv[2]));
primeMalloc();

const commands = {
  putSyntheticObject: (...args) => oss.putSyntheticObject(...args),
  /** So that what an earlier sample left behind is not collected during the next one. */
  collectGarbage: () => globalThis.gc(),
};

process.on('message', async ({ command, args }) => {
  await commands[command](...args);
  process.send({ done: command });
});
process.once('disconnect', () => process.exit());
const { endpoint, origin, region } = oss;
process.send({ endpoint, origin, region, account: defaultOssAccount });
