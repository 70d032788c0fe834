/** Sends a request upstream and relays what comes back; sends it again where that is safe. */
import type { Credentials } from '#aws/credential-source.ts';
import type { Admitted } from './admission.ts';
import { S3Error, type S3ErrorCode, XML_DECLARATION } from './errors.ts';
import type { Exchange } from './exchange.ts';
import type { ClientResponse } from './http/client.ts';
import { DocumentAnswer } from './http/document-answer.ts';
import { atEndOfTurn } from './http/end-of-turn.ts';
import { isFieldValue } from './http/field-text.ts';
import { publicLocation } from './http/public-location.ts';
import { mapLateError, mapUpstreamError, relayHead } from './http/response.ts';
import { WriteCombiner } from './http/write-combiner.ts';
import type { Transfer } from './transfer.ts';
import type { Outgoing } from './upstream/sign.ts';
import type { UpstreamCall, UpstreamError, UpstreamFailure, UpstreamReceiver } from './upstream/upstream.ts';

export interface ForwardTask {
  readonly outgoing: Outgoing;
  /** Undefined for a request that has no body at all. */
  readonly contentLength: number | undefined;
  /** The whole body in memory; without it, a body of `contentLength` bytes is written to the call. */
  readonly body?: Buffer;
  /** There is room for more of a written body. */
  readonly onDrain?: () => void;
  /** The upstream has an answer, so no more of the body is wanted. @returns whether the body was complete. */
  readonly onAnswer?: () => boolean;
  /** Asks for the status only; nothing is relayed. */
  readonly onStatus?: (status: number) => void;
}

const ATTEMPTS_MAX = 3;
/** The request may have been carried out, and its answer was lost. */
const LOST: ReadonlySet<UpstreamFailure> = new Set(['no-response', 'broken-response']);
const CODES: Record<Exclude<UpstreamFailure, 'bug'>, S3ErrorCode> = {
  connect: 'ServiceUnavailable',
  'no-response': 'ServiceUnavailable',
  timeout: 'ServiceUnavailable',
  'broken-response': 'ServiceUnavailable',
  queue: 'SlowDown',
};
const ERROR_BYTES_MAX = 64 * 1024;
/** Below this, a copy is cheaper than waiting for the write to finish. */
const COPY_BYTES_MAX = 16 * 1024;

/** Headers of an error answer that clients act on. */
const ERROR_HEADERS = new Set([
  'content-range',
  'x-amz-delete-marker',
  'x-amz-version-id',
  'last-modified',
  'etag',
  'accept-ranges',
]);

/** What all stores read alike: visible ASCII with single spaces between. */
const PLAIN_VALUE = /^(?:[\x21-\x7e]+(?: [\x21-\x7e]+)*)?$/;
const MISREAD =
  'The store reads this header otherwise than it was signed. Use printable ASCII with single spaces, or encode the value.';

function dropLength(headers: string[]): void {
  for (let i = headers.length - 2; i >= 0; i -= 2)
    if ((headers[i] as string).toLowerCase() === 'content-length') headers.splice(i, 2);
}

/** For bodies in memory and for none: renews credentials and sends again by itself. */
export const forward = (transfer: Transfer, task: ForwardTask): void => {
  const { exchange } = transfer;
  const credentials = exchange.core.credentials.current();
  exchange.whenReady(guarded(credentials), (current) => void new Forward(transfer, task).send(current));
};

/** For bodies that are written while they arrive. @returns the call to write to. */
export const forwardStream = (transfer: Transfer, task: ForwardTask, credentials: Credentials): UpstreamCall =>
  new Forward(transfer, task).send(credentials);

/** Credentials that can't be had are our trouble, not the client's. */
export const guarded = (credentials: Credentials | Promise<Credentials>): Credentials | Promise<Credentials> =>
  credentials instanceof Promise
    ? credentials.catch((cause: unknown) => {
        throw new S3Error('ServiceUnavailable', undefined, cause instanceof S3Error ? cause.fields : {});
      })
    : credentials;

const flushUnsent = (res: ClientResponse, exchange: Exchange): void => {
  if (!res.writableEnded && exchange.audit.bytesOut === 0) res.flushHeaders();
};

class Forward implements UpstreamReceiver {
  readonly #exchange: Exchange;
  readonly #admitted: Admitted;
  readonly #task: ForwardTask;
  #call: UpstreamCall | undefined;
  #attempts = 0;
  #sentAt = 0;
  #renewed = false;
  #credentials: Credentials | undefined;
  #status = 0;
  #headers: string[] = [];
  /** Collects an error document; undefined while a success is relayed. */
  #errorBody: Buffer[] | undefined;
  #errorBytes = 0;
  #isRelaying = false;
  #isBodySent = true;
  /** Body bytes still to come, or -1 when unknown. */
  #left = -1;
  #combiner: WriteCombiner | undefined;
  /** A short body that came in one piece. As Latin-1 text, it leaves in one piece of memory with the head. */
  #whole = '';
  /** Of an answer in which names are replaced. */
  #document: DocumentAnswer | undefined;

  constructor({ exchange, admitted }: Transfer, task: ForwardTask) {
    this.#exchange = exchange;
    this.#admitted = admitted;
    this.#task = task;
  }

  send(credentials: Credentials): UpstreamCall {
    const { core } = this.#exchange;
    const { outgoing, contentLength, body } = this.#task;
    const signed = core.sign(outgoing, credentials);
    this.#credentials = credentials;
    this.#attempts++;
    this.#status = 0;
    this.#sentAt = performance.now();
    this.#exchange.isWaiting = this.#isReplayable;
    const { share } = this.#exchange;
    const isRetry = this.#attempts > 1;
    const call = core.upstream.send({ ...signed, contentLength, body, isRetry, share }, this);
    this.#call = call;
    this.#exchange.underWay = call;
    return call;
  }

  get #isReplayable(): boolean {
    return !this.#task.contentLength || this.#task.body !== undefined;
  }

  onDrain(): void {
    this.#task.onDrain?.();
  }

  onHead(status: number, headers: string[]): void {
    const { audit, core } = this.#exchange;
    const ms = performance.now() - this.#sentAt;
    audit.upstreamMs += ms;
    core.metrics.upstream(audit.operation, ms / 1000);
    this.#exchange.isWaiting = false;
    this.#exchange.moved++;
    this.#status = status;
    this.#headers = headers;
    this.#isBodySent = this.#task.onAnswer?.() ?? true;
    if (this.#task.onStatus || (status >= 300 && status !== 304)) this.#errorBody = [];
    else if (this.#isBodySent) this.#relayHead();
    else this.#exchange.fail(new Error('the upstream accepted a body that it had not got yet'));
  }

  #relayHead(): void {
    const exchange = this.#exchange;
    const { res, core } = exchange;
    const head = relayHead(this.#headers, core.hideKmsKeyId);
    exchange.audit.upstreamRequestId = head.upstreamRequestId;
    const { operation, authorization } = this.#admitted;
    // First, so that a Content-Disposition stands before the length; see relayHead.
    const { headers } = head;
    for (const part of exchange.baseHeaders()) headers.push(part);
    if (operation.answersXml) {
      this.#document = this.#newDocument();
      dropLength(headers);
    }
    if (operation.name === 'HeadBucket') headers.push('x-amz-bucket-region', core.region);
    if (!head.hasCacheControl && authorization.expires !== undefined) headers.push('cache-control', 'private');
    exchange.attempt(() => {
      res.writeHead(this.#status, headers);
      this.#isRelaying = true;
      this.#left = exchange.req.method === 'HEAD' ? 0 : this.#document ? -1 : head.contentLength;
      // The head goes out with the first bytes of the body. A short body is there already, a long one may let us wait.
      if (this.#left < 0 || this.#left > COPY_BYTES_MAX) process.nextTick(flushUnsent, res, exchange);
    });
  }

  onData(chunk: Buffer): boolean {
    if (this.#errorBody) {
      if (this.#errorBytes < ERROR_BYTES_MAX) this.#errorBody.push(Buffer.from(chunk));
      this.#errorBytes += chunk.length;
      return true;
    }
    const exchange = this.#exchange;
    const { res } = exchange;
    if (!this.#isRelaying || res.destroyed) return true;
    exchange.moved++;
    if (this.#document) return this.#relayDocument(this.#document, chunk);
    exchange.audit.bytesOut += chunk.length;
    if (this.#left >= 0) this.#left -= chunk.length;
    if (chunk.length <= COPY_BYTES_MAX) {
      if (this.#left === 0 && !this.#combiner) {
        this.#whole = chunk.toString('latin1');
        return true;
      }
      this.#combiner ??= new WriteCombiner(res, () => this.#call?.resume());
      return this.#combiner.add(chunk);
    }
    this.#combiner?.flush();
    return this.#writeLoan(chunk);
  }

  #newDocument(): DocumentAnswer {
    const { identity, request } = this.#admitted;
    const location = publicLocation(request, this.#exchange.core.trustForwarded);
    return new DocumentAnswer({ userId: identity.principal.userId, location });
  }

  #relayDocument(document: DocumentAnswer, chunk: Buffer): boolean {
    const exchange = this.#exchange;
    try {
      return this.#writeDocument(document.push(chunk));
    } catch (err) {
      exchange.core.log.warn({ requestId: exchange.requestId, err }, 's3 upstream answered with a broken document');
      exchange.cut();
      return true;
    }
  }

  #writeDocument(bytes: Buffer): boolean {
    const exchange = this.#exchange;
    if (bytes.length === 0) return true;
    exchange.audit.bytesOut += bytes.length;
    const hasRoom = exchange.res.write(bytes);
    if (!hasRoom) {
      exchange.res.once('drain', () => {
        exchange.moved++;
        this.#call?.resume();
      });
    }
    return hasRoom;
  }

  #endDocument(document: DocumentAnswer): void {
    const exchange = this.#exchange;
    const { error } = document;
    if (error === undefined) this.#writeDocument(document.end());
    else {
      const mapped = mapLateError(error);
      if (mapped.drift) this.#noteDrift(mapped.drift, error);
      const text = exchange.lateError(mapped);
      this.#writeDocument(Buffer.from(document.hasProlog ? text.slice(XML_DECLARATION.length) : text));
    }
    exchange.res.end();
  }

  /** The chunk is not ours: it must have left before more is read into the same memory. */
  #writeLoan(chunk: Buffer): boolean {
    const { res } = this.#exchange;
    let isWaiting = false;
    let hasLeft = false;
    res.write(chunk, (error) => {
      hasLeft = true;
      if (isWaiting && !error) {
        this.#exchange.moved++;
        this.#call?.resume();
      }
    });
    isWaiting = !hasLeft;
    return hasLeft;
  }

  onEnd(): void {
    const exchange = this.#exchange;
    exchange.underWay = undefined;
    if (!this.#isBodySent) this.#call?.destroy();
    if (this.#task.onStatus) this.#unlessRenewed(() => exchange.attempt(() => this.#task.onStatus?.(this.#status)));
    else if (this.#errorBody) this.#answerError(Buffer.concat(this.#errorBody).toString('utf8'));
    else if (this.#document && !exchange.res.destroyed) this.#endDocument(this.#document);
    else if (this.#isRelaying && !exchange.res.writableEnded) {
      this.#combiner?.flush();
      this.#endAnswer(exchange.res);
    }
  }

  #endAnswer(res: ClientResponse): void {
    const whole = this.#whole;
    atEndOfTurn(() => res.end(whole, 'latin1'));
  }

  #answerError(body: string): void {
    const exchange = this.#exchange;
    const status = this.#status;
    const mapped = mapUpstreamError(status, body);
    const isRenewable = mapped.credentials === true && this.#isReplayable && !this.#renewed;
    const misread = mapped.signature && !isRenewable ? this.#misreadHeader() : undefined;
    if (misread !== undefined) {
      exchange.fail(new S3Error('InvalidArgument', MISREAD, { ArgumentName: misread }));
      return;
    }
    if (mapped.drift) this.#noteDrift(mapped.drift, body);
    if (isRenewable) this.#renewAndSend();
    // The answer to a HEAD has no document to go by: its status says it all.
    else if (
      exchange.req.method === 'HEAD' &&
      status < 500 &&
      status !== 429 &&
      !mapped.credentials &&
      mapped.drift !== 'redirect'
    ) {
      this.#unlessRenewed(() => exchange.failWith(status, `Status${status}`, '', {}, this.#errorHeaders()));
    } else exchange.failWith(mapped.status, mapped.code, mapped.message, mapped.fields, this.#errorHeaders());
  }

  /**
   * Stores differ in how they read tabs, runs of blanks and bytes that are not ASCII, and so in what was signed. AWS
   * refuses such values as wrongly signed too.
   * @returns the first header of the client that has one
   */
  #misreadHeader(): string | undefined {
    for (const [name, value] of this.#task.outgoing.headers) if (!PLAIN_VALUE.test(value)) return name;
    return undefined;
  }

  /** Asked by HEAD, failing credentials look like a denial: no document says what it is. */
  #unlessRenewed(answer: () => void): void {
    const isSilent = this.#task.outgoing.method === 'HEAD' && (this.#status === 400 || this.#status === 403);
    if (!isSilent || this.#renewed) {
      answer();
      return;
    }
    const before = this.#credentials;
    this.#renewed = true;
    this.#exchange.whenReady(guarded(this.#exchange.core.credentials.renew()), (renewed) => {
      if (renewed.accessKeyId === before?.accessKeyId && renewed.sessionToken === before.sessionToken) answer();
      else {
        this.#forgetAnswer();
        this.send(renewed);
      }
    });
  }

  #forgetAnswer(): void {
    this.#errorBody = undefined;
    this.#errorBytes = 0;
  }

  #errorHeaders(): string[] {
    const kept: string[] = [];
    for (let i = 0; i < this.#headers.length; i += 2) {
      const name = (this.#headers[i] as string).toLowerCase();
      const value = this.#headers[i + 1] as string;
      if (ERROR_HEADERS.has(name) && isFieldValue(value)) kept.push(name, value);
    }
    return kept;
  }

  #noteDrift(kind: string, body: string): void {
    const { core, requestId, audit } = this.#exchange;
    core.metrics.drift.inc({ kind });
    const code = /<Code>([A-Za-z0-9.]{1,64})<\/Code>/.exec(body)?.[1];
    core.log.warn(
      { requestId, operation: audit.operation, status: this.#status, code, kind },
      's3 upstream refused an authorised operation',
    );
  }

  #renewAndSend(): void {
    this.#renewed = true;
    this.#forgetAnswer();
    this.#exchange.whenReady(guarded(this.#exchange.core.credentials.renew()), (renewed) => void this.send(renewed));
  }

  #mayRepeat({ failure }: UpstreamError): boolean {
    if (!this.#isReplayable || this.#status !== 0) return false;
    if (failure === 'connect') return true; // nothing was sent
    if (!LOST.has(failure)) return false;
    const { method, headers } = this.#task.outgoing;
    const { repeats } = this.#admitted.operation;
    if (method === 'GET' || method === 'HEAD') return true; // also where it only asks on behalf of another operation
    return repeats === 'always' || (repeats === 'unconditional' && !isConditional(headers));
  }

  onError(error: UpstreamError): void {
    const exchange = this.#exchange;
    const { core } = exchange;
    exchange.underWay = undefined;
    core.metrics.upstreamFailures.inc({ failure: error.failure });
    if (exchange.isOver) return;
    if (this.#mayRepeat(error) && this.#attempts < ATTEMPTS_MAX) {
      exchange.whenReady(guarded(core.credentials.current()), (current) => void this.send(current));
      return;
    }
    core.log.warn(
      {
        requestId: exchange.requestId,
        operation: exchange.audit.operation,
        failure: error.failure,
        cause: causeOf(error),
      },
      's3 upstream failed',
    );
    if (this.#isRelaying) exchange.cut();
    else exchange.fail(error.failure === 'bug' ? error : new S3Error(CODES[error.failure]));
  }
}

const isConditional = (headers: ReadonlyMap<string, string>): boolean =>
  [...headers.keys()].some((name) => name.startsWith('if-') || name.startsWith('x-amz-if-'));

const causeOf = ({ cause, message }: UpstreamError): string =>
  cause instanceof Error ? ((cause as NodeJS.ErrnoException).code ?? cause.name) : message;
