/**
 * Object bodies on their way up. Plain ones pass as they are. Framed ones are taken apart and sent plain, or as one frame
 * with the client's own trailer; the last piece is held back until every check has passed, so that a body that is cut,
 * changed or too long never becomes an object.
 */

import type { Credentials } from '#aws/credential-source.ts';
import { UNSIGNED_PAYLOAD } from './auth/sigv4.ts';
import { S3Error } from './errors.ts';
import type { Exchange } from './exchange.ts';
import { forward, forwardStream, guarded } from './forward.ts';
import { chainOf } from './http/chunk-chain.ts';
import { ENOUGH_BYTES, LateCall } from './http/late-call.ts';
import { readWhole } from './http/read-whole.ts';
import { FrameParser, type FrameSink } from './payload/aws-chunked.ts';
import { type Checksum, createChecksum, isChecksum } from './payload/checksums.ts';
import type { ChunkChain } from './payload/chunk-signatures.ts';
import { checkDigests } from './payload/document.ts';
import { isFramed, isSignedFrames, type PayloadPlan } from './payload/modes.ts';
import { algorithmOf, SingleFrame } from './payload/single-frame.ts';
import { Pump } from './pump.ts';
import type { Transfer } from './transfer.ts';
import type { Outgoing } from './upstream/sign.ts';

/** Up to here a body is collected first: it goes out in one write with its head, and can be sent again. */
const SMALL_BYTES_MAX = 64 * 1024;

export const upload = (
  transfer: Transfer,
  plan: PayloadPlan,
  outgoing: Outgoing & { headers: Map<string, string> },
): void => {
  if (isFramed(plan.mode)) uploadFrames(transfer, plan, outgoing);
  else if (plan.length <= SMALL_BYTES_MAX) uploadSmall(transfer, plan, { ...outgoing, payloadHash: plan.hash });
  else uploadPlain(transfer, plan, { ...outgoing, payloadHash: plan.hash });
};

function uploadSmall(transfer: Transfer, plan: PayloadPlan, outgoing: Outgoing): void {
  const { exchange, admitted } = transfer;
  readWhole(exchange, plan.length, (body) => {
    if (body.length !== plan.length) throw new S3Error('IncompleteBody');
    checkDigests(body, plan, admitted.request.headers);
    forward(transfer, { outgoing, contentLength: body.length, body });
  });
}

function uploadPlain(transfer: Transfer, plan: PayloadPlan, outgoing: Outgoing): void {
  const { exchange } = transfer;
  withCredentials(exchange, (credentials) => {
    const pump = new Pump(exchange, () => exchange.audit.bytesIn === plan.length);
    const task = { outgoing, contentLength: plan.length, onDrain: pump.onDrain, onAnswer: pump.onAnswer };
    const call = new LateCall(plan.length, () => forwardStream(transfer, task, credentials));
    exchange.reserve(Math.min(plan.length, ENOUGH_BYTES));
    pump.run(
      (chunk) => pump.flow(call.write(chunk)),
      () => call.end(),
    );
  });
}

function withCredentials(exchange: Exchange, next: (credentials: Credentials) => void): void {
  exchange.whenReady(guarded(exchange.core.credentials.current()), next);
}

function uploadFrames(
  transfer: Transfer,
  plan: PayloadPlan,
  outgoing: Outgoing & { headers: Map<string, string> },
): void {
  const { exchange, admitted } = transfer;
  const framing = plan.trailer === undefined ? undefined : new SingleFrame(plan.length, plan.trailer);
  const out = framing ? framing.rewrite(outgoing, exchange.core.isAws) : { ...outgoing, payloadHash: UNSIGNED_PAYLOAD };
  withCredentials(exchange, (credentials) => {
    const pump: Pump = new Pump(exchange, () => sink.isReleased);
    const task = {
      outgoing: out,
      contentLength: framing?.contentLength ?? plan.length,
      onDrain: pump.onDrain,
      onAnswer: pump.onAnswer,
    };
    const sink: HeldBack = new HeldBack({
      plan,
      chain: chainOf(admitted, plan),
      framing,
      pump,
      call: new LateCall(task.contentLength, () => forwardStream(transfer, task, credentials)),
    });
    const frames = { signed: isSignedFrames(plan.mode), decodedLength: plan.length, trailer: plan.trailer };
    const parser = new FrameParser(frames, sink);
    exchange.reserve(Math.min(task.contentLength, ENOUGH_BYTES));
    pump.run(
      (chunk) => parser.write(chunk),
      () => {
        parser.finish();
        sink.release();
      },
    );
  });
}

interface HeldBackOptions {
  readonly plan: PayloadPlan;
  readonly chain: ChunkChain | undefined;
  readonly framing: SingleFrame | undefined;
  readonly pump: Pump;
  /** Opened with bytes that may leave, so that a small body is checked before anything is sent. */
  readonly call: LateCall;
}

class HeldBack implements FrameSink {
  readonly #options: HeldBackOptions;
  readonly #checksum: Checksum | undefined;
  #hasBegun = false;
  #held: Buffer | undefined;
  isReleased = false;

  constructor(options: HeldBackOptions) {
    this.#options = options;
    const { trailer } = options.plan;
    if (trailer !== undefined) this.#checksum = createChecksum(algorithmOf(trailer));
  }

  data(piece: Buffer): void {
    this.#options.chain?.update(piece);
    this.#checksum?.update(piece);
    const before = this.#held;
    this.#held = piece;
    if (before) this.#write(before);
  }

  chunkEnd(signature: string | undefined): void {
    this.#options.chain?.endChunk(signature as string);
  }

  end(trailer: string | undefined, signature: string | undefined): void {
    const { plan, chain, framing } = this.#options;
    if (trailer === undefined || !framing || plan.trailer === undefined) return;
    if (signature !== undefined) chain?.endTrailer(plan.trailer, trailer, signature);
    if (!isChecksum(algorithmOf(plan.trailer), trailer)) {
      throw new S3Error('InvalidRequest', `Value for ${plan.trailer} trailing header is invalid.`);
    }
    if (this.#checksum && this.#checksum.digest() !== trailer) throw new S3Error('BadDigest');
    const tail = framing.tail(trailer);
    this.#held = this.#held ? Buffer.concat([this.#held, tail]) : tail;
  }

  /** Everything was checked: the last piece may go. */
  release(): void {
    const last = this.#held;
    this.#held = undefined;
    this.isReleased = true;
    if (last) this.#write(last);
    this.#options.call.end();
  }

  #write(piece: Buffer): void {
    const { call, framing, pump } = this.#options;
    if (!this.#hasBegun && framing) call.write(framing.head);
    this.#hasBegun = true;
    pump.flow(call.write(piece));
  }
}
