import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { listen } from '../../common/listening.js';
import { unreadableAnswer } from '../http/unreadable-answer.js';
import type { OssService } from './oss-service.js';

const highWaterMarkBytes = 256 * 1024;
const maxHeaderBytes = 64 * 1024;
const idleTimeoutMs = 120_000;

/** The HTTP server of an OSS: its connections, and how many requests are under way. */
export class OssServer {
  readonly #service: OssService;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #active = 0;
  #idleWaiters: (() => void)[] = [];

  constructor(service: OssService) {
    this.#service = service;
    this.#server = createServer({
      highWaterMark: highWaterMarkBytes,
      maxHeaderSize: maxHeaderBytes,
      keepAliveTimeout: idleTimeoutMs,
      requestTimeout: 0,
    });
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    this.#server.on('request', (incoming, response) => this.#serve(incoming, response, () => {}));
    this.#server.on('checkContinue', (incoming, response) =>
      this.#serve(incoming, response, () => response.writeContinue()),
    );
    this.#server.on('clientError', (error, socket) => {
      if (socket.writable && !socket.destroyed) socket.end(unreadableAnswer(error));
      else socket.destroy();
    });
  }

  /** Listens; gives the port. @throws What `net.Server.listen` reports, such as EADDRINUSE. */
  listen(port: number, host: string): Promise<number> {
    return listen(this.#server, port, host);
  }

  /** Connections that are open now, idle ones included. */
  get openSockets(): number {
    return this.#sockets.size;
  }

  /** Requests that are not finished. */
  get activeRequests(): number {
    return this.#active;
  }

  /** Resolves when no request is under way. */
  idle(): Promise<void> {
    if (this.#active === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idleWaiters.push(resolve));
  }

  /** Stops listening, breaks all connections and waits for the requests on them to be given up. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    // Sockets in the set have not emitted 'close' yet, whatever state they are in.
    const gone = [...this.#sockets].map((socket) => new Promise((resolve) => socket.once('close', resolve)));
    for (const socket of this.#sockets) socket.destroy();
    this.#service.close();
    await Promise.all([closed, ...gone]);
    await this.idle();
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse, invite: () => void): Promise<void> {
    this.#active += 1;
    await this.#service.serve(incoming, response, invite);
    this.#active -= 1;
    if (this.#active === 0) for (const resolve of this.#idleWaiters.splice(0)) resolve();
  }
}
