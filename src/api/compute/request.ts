/** From a request to the pinned input of a create: which account, which names, which options. */
import { createHash } from 'node:crypto';
import type { ComputeConfig } from '#domain/compute/config.ts';
import type { ComputeInput, OnFailure } from '#domain/compute/input.ts';
import { tenancyIn } from '#domain/compute/policies.ts';
import { brokenRules } from '#domain/compute/rules.ts';
import { computeSubject } from '#domain/compute/subject.ts';
import { asTenant } from '#domain/compute/tenancy.ts';
import { canonicalJson } from '#domain/core/canonical-json.ts';
import type { Tags } from '#domain/core/ownership.ts';
import { subjectId } from '#domain/core/subject.ts';
import { ApiProblem } from '../problems.ts';
import type { AccountWish, ResolveAccount } from './accounts.ts';
import type { FindShared } from './shared.ts';

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
  readonly findShared: FindShared;
}

export interface ResolvedCompute {
  readonly compute: ComputeInput;
  readonly onFailure: OnFailure;
  /** SHA-256 of all that the request determines. */
  readonly fingerprint: string;
}

/** @throws Invalid for an account that may not be used; as `findShared` does */
export const createResolveCompute =
  ({ environment, namePrefix, resolveAccount, findShared }: ComputeDefaults) =>
  async (request: ComputeRequest, forgeId: string): Promise<ResolvedCompute> => {
    const { name, description, labels, config, onFailure } = request;
    const account = await resolveAccount(request.account, config.region);
    const said = { environment, account, namePrefix, name, description, labels, config };
    const compute = { ...said, forgeId, generations: {} };
    const shared = config.eyrie.tenantOf === null ? null : await findShared(config.eyrie.tenantOf, account);
    return {
      compute: shared ? tenantIn(compute, shared) : { ...compute, tenancy: null },
      onFailure,
      // As it was said: what is shared may change between two calls that are the same.
      fingerprint: fingerprintOf({ ...said, onFailure }),
    };
  };

/** @throws Invalid where its options and those of the shared one do not go together */
const tenantIn = (own: Omit<ComputeInput, 'tenancy'>, shared: ComputeInput): ComputeInput => {
  const config = asTenant(own.config, shared.config);
  const errors = brokenRules(config).map(({ at, message }) => ({
    pointer: `/config/${at.replaceAll('.', '/')}`,
    detail: message,
  }));
  if (errors.length > 0) throw new ApiProblem('Invalid', 'the request is not valid', { errors });
  const tenantOf = subjectId(computeSubject(shared));
  return { ...own, config: { ...config, eyrie: { ...config.eyrie, tenantOf } }, tenancy: tenancyIn(shared) };
};

const fingerprintOf = (said: object): string => createHash('sha256').update(canonicalJson(said)).digest('hex');
