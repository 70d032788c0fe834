/**
 * The life of one request on its connection, from its head to its audit line. What it may do is decided by admission; an
 * admitted request is carried out by a transfer. Whatever goes wrong ends in `fail`, which answers or, when it is too late
 * for that, cuts the connection.
 */
import { hash } from 'node:crypto';
import { type Admission, admit } from './admission.ts';
import { newScopeMemo, type ScopeMemo } from './auth/signature-fields.ts';
import type { S3Core } from './core.ts';
import { renderError, S3Error } from './errors.ts';
import type { ClientRequest, ClientResponse } from './http/client.ts';
import { corsHeaders } from './http/cors.ts';
import { answerEarly } from './http/early-answer.ts';
import type { MappedError } from './http/response.ts';
import { UNTRUSTED_CONTENT_HEADERS } from './http/untrusted-content.ts';
import { sessionRevoked } from './identity/session.ts';
import type { Transfer } from './transfer.ts';
import type { Share } from './upstream/share.ts';
import type { UserSlot } from './user-slots.ts';
import { newWatch, type Watched } from './watchdog.ts';

export interface ExchangeInput {
  readonly core: S3Core;
  readonly req: ClientRequest;
  readonly res: ClientResponse;
  readonly prefix: string;
  /** Carries out what was admitted. */
  readonly perform: (transfer: Transfer) => void;
  /** The client waits for 100 Continue before it sends the body. */
  readonly expectsContinue: boolean;
}

/** What the audit line tells; filled as it becomes known. */
export interface Audit {
  operation: string;
  payload: string;
  bytesIn: number;
  bytesOut: number;
  upstreamMs: number;
  upstreamRequestId: string | undefined;
  code: string | undefined;
  /** Of an error that came in an answer which began as a success; undefined otherwise. */
  status: number | undefined;
}

export class Exchange implements Watched {
  readonly core: S3Core;
  readonly req: ClientRequest;
  readonly res: ClientResponse;
  readonly requestId: string;
  readonly audit: Audit = {
    operation: 'unknown',
    payload: 'none',
    bytesIn: 0,
    bytesOut: 0,
    upstreamMs: 0,
    upstreamRequestId: undefined,
    code: undefined,
    status: undefined,
  };
  moved = 0;
  isWaiting = false;
  isReceiving = false;
  readonly watch = newWatch();
  readonly #prefix: string;
  readonly #perform: (transfer: Transfer) => void;
  readonly #startedAt = performance.now();
  #expectsContinue: boolean;
  /** What was decided; undefined while somebody is still asked. */
  #admission: Admission | undefined;
  #userSlot: UserSlot | undefined;
  #reserved = 0;
  #isOver = false;
  #isAnswered = false;
  /** The call to the upstream, while there is one. Not a closure: V8 keeps requests alive that hold one in a field. */
  underWay: { destroy(): void } | undefined;

  constructor({ core, req, res, prefix, expectsContinue, perform }: ExchangeInput) {
    this.#perform = perform;
    this.core = core;
    this.req = req;
    this.res = res;
    this.#prefix = prefix;
    this.#expectsContinue = expectsContinue;
    this.requestId = core.nextRequestId();
  }

  /** What its user has of the upstream's connections. */
  get share(): Share | undefined {
    return this.#userSlot?.share;
  }

  /** Nobody waits for an answer any more: it was given here, or the client is gone. What is not done by now is left undone. */
  get isOver(): boolean {
    return this.#isOver || this.#isAnswered;
  }

  start(): void {
    const { core, req, res } = this;
    core.watchdog.add(this);
    res.on('close', () => this.#close());
    req.on('error', ignore); // a cut connection also closes the response, which is where it is dealt with
    res.on('error', ignore);
    this.attempt(() => {
      const admission = admit(core, {
        method: req.method ?? '',
        target: req.url ?? '',
        rawHeaders: req.rawHeaders,
        secure: isSecure(req, core.trustForwarded),
        prefix: this.#prefix,
        memo: scopeMemoOf(req.socket),
      });
      this.whenReady(admission, (settled) => this.#begin(settled));
    });
  }

  #begin(admission: Admission): void {
    this.#admission = admission;
    if (admission.kind === 'preflight') {
      this.audit.operation = 'Preflight';
      this.answer(200, '', admission.headers);
      return;
    }
    const { operation, identity } = admission;
    if (operation) this.audit.operation = operation.name;
    if (identity?.verification === 'none') this.core.metrics.unverified.inc();
    if (admission.kind === 'refused') throw admission.error;
    if (admission.payload) this.audit.payload = admission.payload.mode;
    this.#takeSlot(admission.identity.principal.userId);
    this.#perform({ exchange: this, admitted: admission });
  }

  /** Runs a stage; whatever it throws ends the exchange. */
  attempt(stage: () => void): void {
    try {
      stage();
    } catch (error) {
      this.fail(error);
    }
  }

  /** Goes on at once where nothing has to be waited for. */
  whenReady<T>(value: T | Promise<T>, next: (value: T) => void): void {
    if (value instanceof Promise) {
      value.then(
        (settled) => this.isOver || this.attempt(() => next(settled)),
        (error) => this.isOver || this.fail(error),
      );
    } else next(value);
  }

  #takeSlot(userId: string): void {
    this.#userSlot = this.core.userSlots.take(userId);
    if (!this.#userSlot) throw new S3Error('SlowDown');
  }

  get bytesIn(): number {
    return this.audit.bytesIn;
  }

  /** Bytes of the body came. */
  received(bytes: number): void {
    this.audit.bytesIn += bytes;
    this.moved++;
  }

  /**
   * Room for a body, or a part of it, that is collected in memory; kept until the exchange is over.
   * @throws S3Error SlowDown
   */
  reserve(bytes: number): void {
    const slot = this.#userSlot;
    if (!slot || !this.core.buffers.reserve(slot, bytes)) throw new S3Error('SlowDown');
    this.#reserved += bytes;
  }

  /** Lets a client that asked first send its body. */
  acceptBody(): void {
    this.isReceiving = true;
    if (!this.#expectsContinue) return;
    this.#expectsContinue = false;
    this.res.writeContinue();
  }

  /** Headers that every answer has. */
  baseHeaders(): string[] {
    const headers = ['x-amz-request-id', this.requestId, ...UNTRUSTED_CONTENT_HEADERS];
    if (this.core.corsOrigins.size > 0) headers.push(...corsHeaders(this.core.corsOrigins, this.#admission?.request));
    return headers;
  }

  /** An answer of our own. A body that the client still sends is drained a little, so that it can read this. */
  answer(status: number, body: string, headers: readonly string[] = []): void {
    if (this.#isAnswered || this.res.headersSent) {
      this.cut();
      return;
    }
    this.#isAnswered = true;
    const text = this.req.method === 'HEAD' ? '' : body;
    const head = [...this.baseHeaders(), ...headers];
    if (text !== '') head.push('content-type', 'application/xml');
    if (this.req.method !== 'HEAD' && status !== 204 && status !== 304)
      head.push('content-length', String(Buffer.byteLength(text)));
    this.audit.bytesOut = Buffer.byteLength(text);
    answerEarly({ req: this.req, res: this.res, status, head, text, awaitsContinue: this.#expectsContinue });
  }

  fail(error: unknown): void {
    if (this.#isOver) return;
    this.#stopUpstream();
    const refusal = error instanceof S3Error ? error : new S3Error('InternalError');
    if (refusal !== error)
      this.core.log.error(
        { requestId: this.requestId, operation: this.audit.operation, err: error },
        's3 request failed',
      );
    try {
      this.failWith(refusal.status, refusal.code, refusal.message, refusal.fields);
    } catch (err) {
      // Nobody is left to tell: this is called from event handlers.
      this.core.log.error({ requestId: this.requestId, err }, 's3 refusal could not be answered');
      this.cut();
    }
  }

  /** @param headers further headers of the answer, flat. */
  failWith(status: number, code: string, message: string, fields = {}, headers: readonly string[] = []): void {
    if (this.#isOver) return;
    this.audit.code = code;
    const body = renderError({ code, message, fields, resource: this.#resource, requestId: this.requestId });
    const extra = [...headers];
    if (code === 'SlowDown') extra.push('retry-after', '1');
    // Clients learn the region of a bucket from a refusal.
    if (code === 'AccessDenied' && this.req.method === 'HEAD') extra.push('x-amz-bucket-region', this.core.region);
    this.answer(status, body, extra);
  }

  /** An error that the upstream tells in an answer that began as a success. @returns the document that tells it here */
  lateError({ status, code, message, fields }: MappedError): string {
    this.audit.code = code;
    this.audit.status = status;
    return renderError({ code, message, fields, resource: this.#resource, requestId: this.requestId });
  }

  get #resource(): string {
    return (this.req.url ?? '').split('?', 1)[0] ?? '';
  }

  /** Too late for an answer: the client must see that this response is not whole. */
  cut(): void {
    this.#stopUpstream();
    this.res.destroy();
    this.req.destroy();
  }

  #stopUpstream(): void {
    const call = this.underWay;
    this.underWay = undefined;
    call?.destroy();
  }

  get isRevoked(): boolean {
    const admission = this.#admission;
    return admission?.kind === 'admitted' && this.core.isRevoked(admission.identity.principal);
  }

  onRevoked(): void {
    const refusal = sessionRevoked();
    this.audit.code = refusal.code;
    if (this.res.headersSent) this.cut();
    else this.fail(refusal);
  }

  onIdle(): void {
    if (this.res.headersSent) this.cut();
    else this.fail(new S3Error('RequestTimeout'));
  }

  onOverdue(): void {
    this.cut();
  }

  #close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#stopUpstream();
    const { core, res } = this;
    core.watchdog.delete(this);
    if (this.#userSlot) {
      core.buffers.release(this.#userSlot, this.#reserved);
      core.userSlots.release(this.#userSlot);
    }
    this.#report(res.writableFinished ? (this.audit.status ?? res.statusCode) : 499);
  }

  #report(status: number): void {
    const { core, audit } = this;
    const request = this.#admission?.request;
    const identity = this.#admission?.kind === 'preflight' ? undefined : this.#admission?.identity;
    const seconds = (performance.now() - this.#startedAt) / 1000;
    const { operation } = audit;
    const { payload, bytesIn, bytesOut, code } = audit;
    core.metrics.request({ operation, status, seconds, payload, bytesIn, bytesOut, code });
    const principal = identity?.principal;
    core.audit({
      requestId: this.requestId,
      operation,
      status,
      code,
      user: principal?.userId,
      client: principal?.clientId,
      session: principal?.sessionId,
      verification: identity?.verification,
      bucket: request?.bucket,
      keyHash: request?.key === undefined ? undefined : hash('sha256', request.key, 'hex').slice(0, 16),
      payload,
      bytesIn,
      bytesOut,
      durationMs: Math.round(seconds * 1000),
      upstreamMs: Math.round(audit.upstreamMs),
      upstreamRequestId: audit.upstreamRequestId,
    });
  }
}

const ignore = (): void => {};

/** On the socket itself: a look-up beside it would cost as much as it saves. */
const SCOPE = Symbol('scope');

const scopeMemoOf = (socket: object & { [SCOPE]?: ScopeMemo }): ScopeMemo => {
  socket[SCOPE] ??= newScopeMemo();
  return socket[SCOPE];
};

const isSecure = (req: ClientRequest, trustForwarded: boolean): boolean =>
  (req.socket as { encrypted?: boolean }).encrypted === true ||
  (trustForwarded && req.headers['x-forwarded-proto'] === 'https');
