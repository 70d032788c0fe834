/** Everything about S3 that a process of the API serves, built from one set of options. */

import { createStsHandler, type StsHandler } from './auth/sts.ts';
import { createRequestIds } from './core.ts';
import { createS3Handler, type S3Handler } from './handler.ts';
import { createIdentities } from './identity/identities.ts';
import { createSessionMint, type SessionMint } from './identity/mint.ts';
import type { S3Options } from './options.ts';
import { type BucketSetup, createBucketSetup } from './setup-bucket.ts';

export interface S3Service {
  /** `/s3`, and the root listener. */
  readonly handler: S3Handler;
  /** For `/storage/session` and `/aws/credentials`. */
  readonly mint: SessionMint;
  /** For `/storage/setup`. */
  readonly setup: BucketSetup;
  /** `/aws/sts`, on Node's raw request. */
  readonly sts: StsHandler;
}

export interface S3ServiceOptions extends S3Options {
  /** A session may outlive its token by so many seconds. Default 12 hours. */
  readonly outliveTokenSeconds?: number;
}

export const createS3Service = (options: S3ServiceOptions): S3Service => {
  const { sessionKeys: keys, epochs, arborist, bucketOwner, outliveTokenSeconds, now = Date.now } = options;
  const identities = createIdentities(options);
  const mint = createSessionMint({
    keys,
    epochs,
    tokens: identities.tokens,
    arborist,
    outliveTokenSeconds,
    audit: options.identityAudit ?? (({ event, ...fields }) => options.log.info(fields, event)),
    now,
  });
  return {
    handler: createS3Handler(options, identities),
    mint,
    setup: createBucketSetup({ ...options.upstream, bucketOwner }),
    sts: createStsHandler({
      mint,
      sessions: identities.sessions,
      account: bucketOwner,
      now,
      log: options.log,
      nextRequestId: createRequestIds(),
    }),
  };
};
