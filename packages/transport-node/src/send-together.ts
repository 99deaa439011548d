import { setImmediate } from 'node:timers';

/** Up to so many requests are on their way without waiting for others. */
const fewRequests = 3;
/** And no more than these are held back at a time: their server would have nothing to do meanwhile. */
const mostHeld = 8;

/** Kept: in CommonJS an import is looked up at each call, and a test may have put a clock of its own there by then. */
const atEndOfTurn = setImmediate;

let underWay = 0;
let held: (() => void)[] = [];

/**
 * Sends a request. Where several are on their way, it waits for others that begin in the same turn of the event loop, and
 * goes out with them: to hand a request to the system wakes who reads it, which costs 45 us each time where that is a
 * server or a proxy on the same machine that sleeps in between, and next to nothing while it is awake. Nothing waits
 * longer than the turn.
 *
 * @param send - sends the request; settles when it is answered, or has failed
 */
export async function sendTogether<T>(send: () => Promise<T>): Promise<T> {
  underWay++;
  try {
    if (underWay > fewRequests) await new Promise<void>(hold);
    return await send();
  } finally {
    underWay--;
  }
}

function hold(resolve: () => void): void {
  held.push(resolve);
  if (held.length === mostHeld) sendHeld();
  else if (held.length === 1) atEndOfTurn(sendHeld);
}

function sendHeld(): void {
  const all = held;
  held = [];
  for (const resolve of all) resolve();
}
