/**
 * Small requests to S3 past Node's HTTP server, which is a third of what they cost there. A connection begins here. Each
 * plain request that is S3's is given to the server's own listeners, as Node gives it; at the first byte that is
 * anything else, Node's server has the connection, with what was read, and keeps it.
 *
 *     idle ─ a plain request ─▶ answering ─ the answer has left ─▶ idle
 *       └──── anything else ─▶ Node's    gone, at any time ─▶ closed
 */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { PlainRequest } from './plain-request.ts';
import { PlainResponse } from './plain-response.ts';
import { HEAD_END, type PlainRequestText, readPlainRequest } from './read-request.ts';

export interface PlainDoorOptions {
  /** Is a request for this target S3's? */
  readonly isOurs: (target: string) => boolean;
}

type Accept = (this: Server, socket: Socket) => void;

/** In front of what the server does with a connection. It must not listen yet, and not speak TLS. */
export const openPlainDoor = (server: Server, { isOurs }: PlainDoorOptions): void => {
  // The first one is Node's own, from when the server was made.
  const [accept] = server.listeners('connection') as [Accept];
  const open = new Set<PlainConnection>();
  const door: Door = { server, isOurs, open, toNode: (socket) => accept.call(server, socket) };
  server.off('connection', accept);
  server.on('connection', (socket: Socket) => void open.add(new PlainConnection(socket, door)));
  endsWith(server, open);
};

/** What ends Node's connections ends these. */
function endsWith(server: Server, open: ReadonlySet<PlainConnection>): void {
  const { closeAllConnections, closeIdleConnections } = server;
  server.closeAllConnections = () => {
    for (const connection of open) connection.destroy();
    closeAllConnections.call(server);
  };
  server.closeIdleConnections = () => {
    for (const connection of open) if (!connection.isAnswering) connection.destroy();
    closeIdleConnections.call(server);
  };
}

interface Door {
  readonly server: Server;
  readonly isOurs: (target: string) => boolean;
  readonly open: Set<PlainConnection>;
  readonly toNode: (socket: Socket) => void;
}

class PlainConnection {
  readonly #socket: Socket & { _httpMessage?: PlainResponse | null };
  readonly #door: Door;
  #response: PlainResponse | undefined;
  /** Came while an answer was under way: the next request, of which no more is read until then. */
  #early: Buffer | undefined;
  readonly #onData = (bytes: Buffer): void => this.#read(bytes);
  readonly #onEnd = (): void => void this.#socket.destroy();
  readonly #onClose = (): void => this.#closed();
  readonly #onTimeout = (): void => {
    if (!this.#response) this.#socket.destroy();
  };

  constructor(socket: Socket, door: Door) {
    this.#socket = socket;
    this.#door = door;
    socket.on('error', ignore); // it closes, too
    socket.on('close', this.#onClose);
    socket.on('timeout', this.#onTimeout);
    socket.on('end', this.#onEnd); // a client that shuts down its side is taken for gone
    socket.on('data', this.#onData);
    socket.setTimeout(door.server.headersTimeout);
  }

  get isAnswering(): boolean {
    return this.#response !== undefined;
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #read(bytes: Buffer): void {
    if (this.#response) {
      this.#early = bytes;
      this.#socket.pause();
      return;
    }
    const request = readPlainRequest(bytes);
    if (!request || !this.#door.isOurs(request.target)) this.#handOver(bytes);
    else {
      this.#answer(request);
      if (this.#socket.isPaused()) this.#socket.resume();
    }
  }

  #answer(text: PlainRequestText): void {
    const socket = this.#socket;
    const { server } = this.#door;
    const response = new PlainResponse({
      socket,
      method: text.method,
      keepAliveSeconds: Math.floor(server.keepAliveTimeout / 1000),
      onFinished: () => this.#finished(response),
    });
    this.#response = response;
    socket._httpMessage = response; // as Node says what is being answered
    server.emit('request', new PlainRequest(text, socket), response);
  }

  #finished({ shouldKeepAlive }: PlainResponse): void {
    const socket = this.#socket;
    this.#response = undefined;
    socket._httpMessage = null;
    if (!shouldKeepAlive) {
      socket.off('data', this.#onData); // no request follows the last one
      socket.destroySoon();
      return;
    }
    const { keepAliveTimeout } = this.#door.server;
    if (socket.timeout !== keepAliveTimeout) socket.setTimeout(keepAliveTimeout);
    const early = this.#early;
    if (!early) return;
    this.#early = undefined;
    this.#read(early);
  }

  #handOver(bytes: Buffer): void {
    const socket = this.#socket;
    this.#door.open.delete(this);
    socket.off('data', this.#onData);
    socket.off('end', this.#onEnd);
    socket.off('timeout', this.#onTimeout);
    socket.off('close', this.#onClose);
    socket.off('error', ignore);
    socket.setTimeout(0);
    // In two steps, as Node's parser lets others have their turn between a head and what follows it: a request whose head
    // is refused must be known to be the last one before the next is read. What follows goes back into the stream, before
    // what was read behind it while an answer was under way: Node may let the stream flow before we do.
    const { length } = headOf(bytes);
    socket.pause();
    if (length < bytes.length) socket.unshift(bytes.subarray(length));
    this.#door.toNode(socket);
    socket.emit('data', bytes.subarray(0, length));
    process.nextTick(() => socket.resume());
  }

  #closed(): void {
    this.#door.open.delete(this);
    this.#response?.close();
    this.#response = undefined;
  }
}

/** Everything, where no head ends in it. */
const headOf = (bytes: Buffer): Buffer => {
  const end = bytes.indexOf(HEAD_END);
  return end < 0 ? bytes : bytes.subarray(0, end + HEAD_END.length);
};

const ignore = (): void => {};
