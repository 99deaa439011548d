import { afterAll, afterEach, beforeAll } from 'vitest';

/** What a local server of the tests can do, whichever package starts it. */
export interface RunningServer {
  readonly faults: { clear(): void };
  readonly requests: { clear(): void };
  close(): Promise<void>;
}

/**
 * Starts a server for the tests of a file. Its faults and the requests that it has seen are forgotten after each test.
 *
 * @returns a function that gives the server, inside of tests
 */
export function useServer<Server extends RunningServer>(start: () => Promise<Server>): () => Server {
  let server: Server | undefined;
  beforeAll(async () => {
    server = await start();
  });
  afterEach(() => {
    server?.faults.clear();
    server?.requests.clear();
  });
  afterAll(() => server?.close());
  return () => {
    if (!server) throw new Error('the server runs only inside of tests');
    return server;
  };
}
