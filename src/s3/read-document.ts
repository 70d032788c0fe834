/** Reads a small request body whole, checks it, and sends it on. */

import { hash } from 'node:crypto';
import { chainOf } from './chain.ts';
import { S3Error } from './errors.ts';
import type { Exchange } from './exchange.ts';
import { forward } from './forward.ts';
import { checkDigests, DOCUMENT_BYTES_MAX, refuseEntities, requireDigest, unframe } from './payload/document.ts';
import type { PayloadPlan } from './payload/modes.ts';
import { parseMultiDelete } from './payload/multi-delete.ts';
import { readWhole } from './read-whole.ts';
import type { Outgoing } from './upstream/sign.ts';

/** DeleteObjects takes 1,000 keys of 1,024 bytes. */
const MULTI_DELETE_BYTES_MAX = 2 * 1024 * 1024;

export const readDocument = (exchange: Exchange, plan: PayloadPlan, outgoing: Outgoing): void => {
  const isMultiDelete = exchange.operation.name === 'DeleteObjects';
  const max = isMultiDelete ? MULTI_DELETE_BYTES_MAX : DOCUMENT_BYTES_MAX;
  if (plan.length > max) throw new S3Error('MaxMessageLengthExceeded');
  readWhole(exchange, max + 64 * 1024, (raw) => {
    const body = unframe(raw, plan, chainOf(exchange, plan));
    if (body.length !== plan.length) throw new S3Error('IncompleteBody');
    checkDigests(body, plan, exchange.request.headers);
    refuseEntities(body);
    if (isMultiDelete) {
      requireDigest(plan, exchange.request.headers);
      for (const key of parseMultiDelete(body)) exchange.authoriseResource({ bucket: outgoing.bucket, key });
    }
    forward(exchange, {
      outgoing: { ...outgoing, payloadHash: hash('sha256', body, 'hex') },
      contentLength: body.length,
      body,
    });
  });
};
