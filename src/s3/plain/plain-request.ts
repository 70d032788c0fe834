/** A request that was read whole, in the form of Node's. */
import { EventEmitter } from 'node:events';
import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import type { ClientRequest } from '../http/client.ts';
import type { PlainRequestText } from './read-request.ts';

export class PlainRequest extends EventEmitter implements ClientRequest {
  readonly method: string;
  readonly url: string;
  readonly rawHeaders: string[];
  readonly whole: Buffer;
  readonly socket: Socket;
  complete: boolean;

  constructor({ method, target, rawHeaders, body }: PlainRequestText, socket: Socket) {
    super();
    this.method = method;
    this.url = target;
    this.rawHeaders = rawHeaders;
    this.whole = body;
    this.complete = body.length === 0;
    this.socket = socket;
  }

  /** Seldom asked for, so made when it is. Of headers that come twice, the first. */
  get headers(): IncomingHttpHeaders {
    const headers: IncomingHttpHeaders = {};
    for (let i = 0; i < this.rawHeaders.length; i += 2)
      headers[(this.rawHeaders[i] as string).toLowerCase()] ??= this.rawHeaders[i + 1];
    return headers;
  }

  pause(): this {
    return this;
  }

  resume(): this {
    return this;
  }

  destroy(): this {
    this.socket.destroy();
    return this;
  }
}
