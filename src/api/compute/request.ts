/** From a request to the pinned input of a create: which account, which names, which options. */
import { createHash } from 'node:crypto';
import type { ComputeConfig } from '#domain/compute/config.ts';
import type { ComputeInput, OnFailure } from '#domain/compute/input.ts';
import { canonicalJson } from '#domain/core/canonical-json.ts';
import type { Tags } from '#domain/core/ownership.ts';
import type { AccountWish, ResolveAccount } from './accounts.ts';

/** A body that holds what it may, defaults filled in. */
export interface ComputeRequest {
  readonly name: string;
  readonly description: string | null;
  readonly labels: Tags;
  readonly config: ComputeConfig;
  /** Null: Eyrie's own. */
  readonly account: AccountWish | null;
  readonly onFailure: OnFailure;
  /** What is worth knowing of it, in sentences. */
  readonly notes: readonly string[];
}

export interface ComputeDefaults {
  /** H */
  readonly environment: string;
  readonly namePrefix: string;
  readonly resolveAccount: ResolveAccount;
}

export interface ResolvedCompute {
  readonly compute: ComputeInput;
  readonly onFailure: OnFailure;
  /** SHA-256 of all that the request determines. */
  readonly fingerprint: string;
}

/** @throws Invalid for an account that may not be used */
export const createResolveCompute =
  ({ environment, namePrefix, resolveAccount }: ComputeDefaults) =>
  async (request: ComputeRequest, forgeId: string): Promise<ResolvedCompute> => {
    const { name, description, labels, config, onFailure } = request;
    const account = await resolveAccount(request.account, config.region);
    const said = { environment, account, namePrefix, name, description, labels, config };
    return {
      compute: { ...said, forgeId, generations: {} },
      onFailure,
      fingerprint: fingerprintOf({ ...said, onFailure }),
    };
  };

const fingerprintOf = (said: object): string => createHash('sha256').update(canonicalJson(said)).digest('hex');
