/** Bodies on their way from a client to the upstream: as fast as the upstream takes them, and none faster than the others. */
import { noteUploadBuffer } from './gc-pressure.ts';
import type { ClientRequest } from './http/client.ts';

/**
 * What one body may bring before the others have their turn. libuv reads a connection up to 32 times in a row while there
 * is something to read, and the kernel gives more memory to those that are read faster: without turns, of 16 uploads a
 * few have everything and the others wait for seconds.
 */
export const TURN_BYTES = 128 * 1024;

/** What the pump needs of the request whose body it moves. */
export interface Pumped {
  readonly req: Pick<ClientRequest, 'whole' | 'complete' | 'on' | 'pause' | 'resume'>;
  readonly isOver: boolean;
  readonly audit: { readonly code: string | undefined };
  isReceiving: boolean;
  isWaiting: boolean;
  received(bytes: number): void;
  /** Runs a stage; whatever it throws ends the exchange. */
  attempt(stage: () => void): void;
  acceptBody(): void;
}

/** Moves the client's body, pausing it while the upstream is slower, and while others have their turn. */
export class Pump {
  readonly #exchange: Pumped;
  #isAnswered = false;
  #isEnded = false;
  #hasRoom = true;
  /** Of this turn. */
  #bytes = 0;
  #othersTurn = false;
  readonly onDrain = (): void => {
    this.#hasRoom = true;
    this.#resume();
  };
  /** An answer before the end of the body: the rest is not wanted. */
  readonly onAnswer = (): boolean => {
    const wasComplete = this.#isComplete();
    this.#isAnswered = true;
    this.#exchange.isReceiving = false;
    if (!wasComplete) this.#exchange.req.pause();
    return wasComplete;
  };
  readonly #isComplete: () => boolean;

  /** @param isComplete has everything been written that the upstream is to get? */
  constructor(exchange: Pumped, isComplete: () => boolean) {
    this.#exchange = exchange;
    this.#isComplete = isComplete;
  }

  /** @param hasRoom what the last write returned */
  flow(hasRoom: boolean): void {
    this.#hasRoom = hasRoom;
    if (hasRoom) return;
    this.#exchange.isReceiving = false;
    this.#exchange.req.pause();
  }

  run(onChunk: (chunk: Buffer) => void, onEnd: () => void): void {
    const exchange = this.#exchange;
    const { req } = exchange;
    const take = (chunk: Buffer): void => {
      if (this.#isStopped) return;
      exchange.received(chunk.length);
      noteUploadBuffer(chunk.length);
      exchange.attempt(() => onChunk(chunk));
      this.#bytes += chunk.length;
      if (this.#bytes >= TURN_BYTES && !this.#isStopped) this.#letOthers();
    };
    const finish = (): void => {
      if (this.#isStopped) return;
      this.#isEnded = true;
      exchange.isReceiving = false;
      exchange.isWaiting = true;
      exchange.attempt(onEnd);
    };
    if (req.whole) {
      if (req.whole.length > 0) take(req.whole);
      req.complete = true;
      finish();
      return;
    }
    req.on('data', take);
    req.on('end', finish);
    exchange.acceptBody();
  }

  /** Nothing of the body is wanted any more. */
  get #isStopped(): boolean {
    const { isOver, audit } = this.#exchange;
    return this.#isAnswered || isOver || audit.code !== undefined;
  }

  /** The next turn of the event loop reads from all connections that have something. */
  #letOthers(): void {
    this.#bytes = 0;
    this.#othersTurn = true;
    this.#exchange.req.pause();
    setImmediate(() => {
      this.#othersTurn = false;
      if (this.#hasRoom) this.#resume();
    });
  }

  #resume(): void {
    if (this.#isStopped || this.#othersTurn) return;
    this.#exchange.isReceiving = !this.#isEnded;
    this.#exchange.req.resume();
  }
}
