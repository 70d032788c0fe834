/** The chunk signatures of a request's body. */
import type { Admitted } from '../admission.ts';
import { scopeOf } from '../auth/sigv4.ts';
import { ChunkChain } from '../payload/chunk-signatures.ts';
import { isSignedFrames, type PayloadPlan } from '../payload/modes.ts';

/** The chain of signatures to check, where the secret that made it is known. */
export const chainOf = ({ identity, authorization }: Admitted, plan: PayloadPlan): ChunkChain | undefined => {
  if (!isSignedFrames(plan.mode) || !identity.chunkKey) return undefined;
  const { amzDate, date, region, signature } = authorization;
  return new ChunkChain({ key: identity.chunkKey, amzDate, scope: scopeOf(date, region), seed: signature });
};
