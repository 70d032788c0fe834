/**
 * Ends a server so that no client loses a request. The danger is in connections that clients keep: one that is closed
 * while a request is on its way takes the request along, and the client can't know whether it was heard.
 */
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';

/** A server, and the connections that are open to it. */
export interface Tracked {
  readonly server: Server;
  readonly sockets: ReadonlySet<Socket>;
}

/** From the start, since Node names no connections. */
export const track = (server: Server): Tracked => {
  const sockets = new Set<Socket>();
  server.on('setSecureContext' in server ? 'secureConnection' : 'connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return { server, sockets };
};

/** What is being answered on a connection. */
const answerOn = (socket: Socket): ServerResponse | null =>
  (socket as { _httpMessage?: ServerResponse | null })._httpMessage ?? null;

/**
 * From now on each answer is the last one on its connection, also those that have not begun yet: whoever keeps the
 * connection connects anew, elsewhere.
 */
export const keepNoConnections = ({ server, sockets }: Tracked): void => {
  for (const event of ['request', 'checkContinue']) server.prependListener(event, answerAsLast);
  for (const socket of sockets) {
    const answer = answerOn(socket);
    if (answer && !answer.headersSent) answer.shouldKeepAlive = false;
  }
};

const answerAsLast = (_req: IncomingMessage, res: ServerResponse): void => {
  res.shouldKeepAlive = false;
};

/** Whoever connects from now on hears that nobody serves here any more; who is connected is served. */
const refuseNew = (server: Server, open: ReadonlySet<Socket>): void => {
  for (const event of ['request', 'checkContinue']) {
    const serving = server.rawListeners(event) as RequestListener[];
    server.removeAllListeners(event).on(event, (req: IncomingMessage, res: ServerResponse) => {
      if (open.has(req.socket)) for (const serve of serving) serve.call(server, req, res);
      else res.writeHead(503, { 'retry-after': RETRY_AFTER_SECONDS, connection: 'close', 'content-length': 0 }).end();
    });
  }
};

/** Another process, or this one once it is started again. */
const RETRY_AFTER_SECONDS = '1';

const LOOK_EVERY_MS = 250;
/** Looks. Where an answer had begun before, its client may use the connection once more, and does so at once or not at all. */
const IDLE_FOR = 4;

/**
 * Open requests may end; then, or after `withinMs`, the connections are cut.
 * @param keepsListening whoever connects from now on is still answered, with 503; default: nobody can
 * @returns when none is left of those that were open
 */
export const stopServer = (
  tracked: Tracked,
  withinMs: number,
  { keepsListening = false }: { readonly keepsListening?: boolean } = {},
): Promise<void> =>
  new Promise((resolve) => {
    const { server, sockets } = tracked;
    keepNoConnections(tracked);
    const open = new Set(sockets);
    const idle = new WeakMap<Socket, number>();
    const closing = setInterval(() => {
      if (keepsListening && open.size === 0) over();
      for (const socket of sockets) {
        const looks = answerOn(socket) ? 0 : (idle.get(socket) ?? 0) + 1;
        idle.set(socket, looks);
        if (looks >= IDLE_FOR) socket.destroy();
      }
    }, LOOK_EVERY_MS);
    const cut = setTimeout(() => server.closeAllConnections(), withinMs);
    const over = (): void => {
      clearTimeout(cut);
      clearInterval(closing);
      resolve();
    };
    for (const socket of open) socket.once('close', () => open.delete(socket));
    if (keepsListening) refuseNew(server, open);
    // HTTP's own would close idle connections at once.
    else NetServer.prototype.close.call(server, over);
  });
