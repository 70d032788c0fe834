/**
 * Answering while the client still sends. If the connection were closed at once, the client's unread bytes would make
 * the kernel reset it, and the answer would be lost. So a little is read and thrown away first.
 */
import type { ClientRequest, ClientResponse } from './client.ts';

const DRAIN_BYTES_MAX = 64 * 1024;
const DRAIN_MS_MAX = 500;

/** The client announced a body of which not everything was read. */
export const hasUnreadBody = (req: ClientRequest): boolean =>
  !req.complete && (req.headers['transfer-encoding'] !== undefined || (req.headers['content-length'] ?? '0') !== '0');

/** Connections that end with the answer that is under way: a request that was pipelined behind it is not carried out. */
const ending = new WeakSet<object>();
export const isEnding = (req: ClientRequest): boolean => ending.has(req.socket);

export interface EarlyAnswer {
  readonly req: ClientRequest;
  readonly res: ClientResponse;
  readonly status: number;
  /** Flat list of headers. */
  readonly head: string[];
  readonly text: string;
  /** The client has sent no body yet and waits for a word. */
  readonly awaitsContinue: boolean;
}

export const answerEarly = ({ req, res, status, head, text, awaitsContinue }: EarlyAnswer): void => {
  if (!hasUnreadBody(req)) {
    if (awaitsContinue) {
      ending.add(req.socket);
      head.push('connection', 'close');
    }
    res.writeHead(status, head);
    res.end(Buffer.from(text)); // as text, Node would write the head in its encoding too
    return;
  }
  ending.add(req.socket);
  head.push('connection', 'close');
  res.writeHead(status, head);
  if (text === '') res.flushHeaders();
  else res.write(Buffer.from(text));
  if (awaitsContinue || req.whole) {
    res.end(); // nothing is on its way
    return;
  }
  drain(req, () => res.end());
};

/** Calls back once the body is over, or enough of it was thrown away. */
function drain(req: ClientRequest, done: () => void): void {
  let left = DRAIN_BYTES_MAX;
  let isDone = false;
  const finish = (): void => {
    if (isDone) return;
    isDone = true;
    clearTimeout(timer);
    req.pause();
    done();
  };
  const timer = setTimeout(finish, DRAIN_MS_MAX);
  req.removeAllListeners('data');
  req.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left <= 0) finish();
  });
  req.on('end', finish);
  req.on('close', finish);
  req.resume();
}
