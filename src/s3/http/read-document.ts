/** Reads a small request body whole, checks it, and sends it on. */

import { hash } from 'node:crypto';
import { authoriseResource } from '../admission.ts';
import { S3Error } from '../errors.ts';
import { forward } from '../forward.ts';
import { checkDigests, DOCUMENT_BYTES_MAX, requireDigest, requirePlainXml, unframe } from '../payload/document.ts';
import { isFramed, type PayloadPlan } from '../payload/modes.ts';
import { parseMultiDelete } from '../payload/multi-delete.ts';
import type { Draft, Transfer } from '../transfer.ts';
import { chainOf } from './chunk-chain.ts';
import { readWhole } from './read-whole.ts';

/** DeleteObjects takes 1,000 keys of 1,024 bytes. */
const MULTI_DELETE_BYTES_MAX = 2 * 1024 * 1024;

export const readDocument = (transfer: Transfer, plan: PayloadPlan, draft: Draft): void => {
  const { exchange, admitted } = transfer;
  const { headers } = admitted.request;
  const isMultiDelete = admitted.operation.name === 'DeleteObjects';
  const max = isMultiDelete ? MULTI_DELETE_BYTES_MAX : DOCUMENT_BYTES_MAX;
  if (plan.length > max) throw new S3Error('MaxMessageLengthExceeded');
  // Frames of 8 KiB or more add a hundredth.
  readWhole(exchange, isFramed(plan.mode) ? plan.length + 64 * 1024 : plan.length, (raw) => {
    const { body, trailer } = unframe(raw, plan, chainOf(admitted, plan));
    if (body.length !== plan.length) throw new S3Error('IncompleteBody');
    checkDigests(body, plan, headers);
    requirePlainXml(body);
    if (isMultiDelete) {
      requireDigest(plan, headers);
      for (const key of parseMultiDelete(body))
        authoriseResource(exchange.core, admitted, { bucket: draft.bucket, key });
    }
    // It goes up plain, so what was its trailer becomes a header: S3 wants a digest of some documents.
    if (trailer !== undefined && plan.trailer !== undefined && !admitted.operation.checksumsOfObject)
      draft.headers.set(plan.trailer, trailer);
    forward(transfer, {
      outgoing: { ...draft, payloadHash: hash('sha256', body, 'hex') },
      contentLength: body.length,
      body,
    });
  });
};
