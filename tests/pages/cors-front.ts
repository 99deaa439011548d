import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';

/** A CORS rule as a bucket has it. Names may end in `*`. */
export interface CorsRule {
  readonly allowedMethods: readonly string[];
  readonly allowedHeaders: readonly string[];
  readonly exposedHeaders: readonly string[];
}

/** What stands before a server and holds pages to a rule. */
export interface CorsFront {
  readonly origin: string;
  close(): Promise<void>;
}

/** The values that an element has in a rule's XML. */
function valuesOf(element: string, xml: string): string[] {
  return [...xml.matchAll(new RegExp(`<${element}>(.+?)</${element}>`, 'g'))].map((match) =>
    String(match[1]),
  );
}

/** Reads the one rule in a text that holds its XML. */
export function parseCorsRule(text: string): CorsRule {
  return {
    allowedMethods: valuesOf('AllowedMethod', text),
    allowedHeaders: valuesOf('AllowedHeader', text),
    exposedHeaders: valuesOf('ExposeHeader', text),
  };
}

/** Starts a front on loopback before the server at an origin, for pages of any origin. */
export async function startCorsFront(target: string, rule: CorsRule): Promise<CorsFront> {
  const server = createServer((incoming, outgoing) => {
    if (incoming.method === 'OPTIONS') answerPreflight(incoming, outgoing, rule);
    else forward(incoming, outgoing, target, rule);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The front has no port.');
  return {
    origin: `http://127.0.0.1:${address.port}`,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function answerPreflight({ headers }: IncomingMessage, outgoing: ServerResponse, rule: CorsRule): void {
  const method = String(headers['access-control-request-method']);
  const names = (headers['access-control-request-headers'] ?? '').split(',').filter(Boolean);
  const isAllowed = (name: string): boolean =>
    rule.allowedHeaders.some((allowed) =>
      allowed.endsWith('*') ? name.startsWith(allowed.slice(0, -1)) : name === allowed,
    );
  // As OSS does: one header too many, and the whole preflight is refused.
  if (!rule.allowedMethods.includes(method) || !names.every(isAllowed)) {
    outgoing.writeHead(403).end();
    return;
  }
  const allowance = { 'access-control-allow-methods': method, 'access-control-allow-headers': names.join() };
  outgoing.writeHead(200, { 'access-control-allow-origin': headers.origin, ...allowance }).end();
}

function forward(incoming: IncomingMessage, outgoing: ServerResponse, target: string, rule: CorsRule): void {
  const { method, headers, url } = incoming;
  const onward = request(new URL(url ?? '/', target), { method, headers }, (answer) => {
    const exposed = { 'access-control-expose-headers': rule.exposedHeaders.join(', ') };
    outgoing.writeHead(answer.statusCode ?? 502, { ...answer.headers, ...exposed });
    answer.pipe(outgoing);
  });
  onward.on('error', () => outgoing.destroy());
  outgoing.on('close', () => onward.destroy());
  incoming.pipe(onward);
}
