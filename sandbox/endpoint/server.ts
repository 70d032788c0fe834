/** The HTTP side: reads whole requests, tells admin calls from AWS calls, writes answers or cuts the connection. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { TLSSocket } from 'node:tls';
import type { Answer } from '../core/call.ts';
import type { RawRequest } from '../wire/request.ts';
import type { AdminAnswer } from './admin.ts';
import type { Layer } from './layer.ts';

const ADMIN = '/_sandbox/';

const readHeaders = (message: IncomingMessage): Record<string, string> => {
  const headers: Record<string, string> = Object.create(null);
  for (let at = 0; at < message.rawHeaders.length; at += 2) {
    const name = (message.rawHeaders[at] ?? '').toLowerCase();
    // Latin-1 is what Node makes of the bytes; clients send UTF-8 and sign that.
    const value = Buffer.from(message.rawHeaders[at + 1] ?? '', 'latin1').toString('utf8');
    headers[name] = headers[name] === undefined ? value : `${headers[name]},${value}`;
  }
  return headers;
};

const readRequest = async (message: IncomingMessage): Promise<RawRequest> => {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  const url = message.url ?? '/';
  const at = url.indexOf('?');
  return {
    method: message.method ?? 'GET',
    path: at < 0 ? url : url.slice(0, at),
    query: at < 0 ? '' : url.slice(at + 1),
    headers: readHeaders(message),
    body: Buffer.concat(chunks),
  };
};

const write = (response: ServerResponse, { status, headers, body }: Answer, method: string | undefined): void => {
  const bodiless = method === 'HEAD' || status === 204 || status === 304;
  const { 'content-length': length, ...others } = headers;
  for (const [name, value] of Object.entries(others)) response.setHeader(name, value);
  // Last: Node takes a Content-Disposition that comes after it for UTF-8 and cuts its letters.
  if (!bodiless) response.setHeader('content-length', body.length);
  else if (status !== 204 && length !== undefined) response.setHeader('content-length', length);
  response.writeHead(status);
  response.end(bodiless ? undefined : body);
};

const writeJson = (response: ServerResponse, { status, body }: AdminAnswer): void => {
  const text = body === undefined ? '' : `${JSON.stringify(body)}\n`;
  write(response, { status, headers: { 'content-type': 'application/json' }, body: Buffer.from(text) }, undefined);
};

/** A reset where the transport can do one: the client must not take it for an answer that ended early. */
const cut = (socket: Socket): void => void (socket instanceof TLSSocket ? socket.destroy() : socket.resetAndDestroy());

/** PEM texts. */
export interface Tls {
  readonly cert: string;
  readonly key: string;
}

export interface ServerParts {
  readonly layer: Layer;
  readonly admin: (request: RawRequest) => Promise<AdminAnswer>;
  readonly log: (message: string) => void;
  /** Default: plain HTTP. */
  readonly tls?: Tls | undefined;
}

export const createSandboxServer = ({ layer, admin, log, tls }: ServerParts): Server => {
  const respond = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    const request = await readRequest(message);
    if (request.path.startsWith(ADMIN)) return writeJson(response, await admin(request));
    const outcome = await layer(request);
    if (outcome === 'cut') return cut(message.socket);
    if (outcome.delayMs > 0) await delay(outcome.delayMs);
    write(response, outcome.answer, request.method);
  };
  const listener = (message: IncomingMessage, response: ServerResponse): void => {
    respond(message, response).catch((error: unknown) => {
      if (!message.complete) return; // the client went away in mid-request
      log(`request failed: ${error instanceof Error ? error.stack : error}`);
      message.socket.destroy();
    });
  };
  const server = tls ? createTlsServer(tls, listener) : createServer(listener);
  // Clients keep connections for longer than Node's 5 s; closing first would cut their next request.
  server.keepAliveTimeout = 75_000;
  server.requestTimeout = 0;
  return server;
};
