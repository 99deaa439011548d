// A program of the benchmark that stays, and answers each message of its parent with one of its own.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/**
 * Starts it, and waits for its first message.
 *
 * @param fileName that of the program, in this folder
 * @returns `greeting`, that message; `ask`, which sends one and gives the answer; and `stop`
 */
export async function startAskedProcess(fileName, args, execArgv = []) {
  const program = fileURLToPath(new URL(fileName, import.meta.url));
  const child = fork(program, args, { execArgv });
  const failed = once(child, 'exit').then(() => {
    throw new Error(`${fileName} of the benchmark ended`);
  });
  failed.catch(() => {});
  const answer = async () => (await Promise.race([once(child, 'message'), failed]))[0];
  return {
    greeting: await answer(),
    ask(message) {
      const answered = answer();
      child.send(message);
      return answered;
    },
    stop: () => child.kill(),
  };
}
