/** What the API can do with compute environments: authorise, act, show. */
import type { Control } from '#control/control.ts';
import type { ComputeInput } from '#domain/compute/input.ts';
import { COMPUTE_RECORDS } from '#domain/compute/record.ts';
import { asTenant } from '#domain/compute/tenancy.ts';
import type { Timing } from '#domain/core/timing.ts';
import type { AskQuota } from '#temporal/quota-verdict.ts';
import type { ControlStore } from '../ports.ts';
import { type Principal, requireRight } from '../principal.ts';
import { ApiProblem } from '../problems.ts';
import type { Locate, Show } from '../subjects/kind.ts';
import { createLocate } from '../subjects/locate.ts';
import { createRepair, type Repair } from '../subjects/repair.ts';
import { createShow } from '../subjects/show.ts';
import { createTerminate } from '../subjects/terminate.ts';
import type { ResolveAccount } from './accounts.ts';
import { parseCompute } from './body.ts';
import { type CreateCompute, createCreateCompute } from './create.ts';
import { createDisposeCompute, type DisposeCompute } from './dispose.ts';
import { fullId } from './ids.ts';
import { type ComputeKind, type ComputeOperations, computeRules, type LocatedCompute } from './kind.ts';
import { type ComputeLists, createComputeLists } from './list.ts';
import { createTakeNames, type TakeNames } from './names.ts';
import { createPlanCompute, type PlanCompute } from './plan.ts';
import { type ComputeRequest, createResolveCompute } from './request.ts';
import { createShared } from './shared.ts';
import { type ComputeState, createComputeState } from './state.ts';
import { createUpdateCompute, type UpdateCompute } from './update.ts';
import { createValidateCompute, type ValidateCompute } from './validate.ts';

export interface ComputeParts {
  readonly operations: ComputeOperations;
  readonly control: Pick<ControlStore, 'records'> & Pick<Control, 'names'>;
  /** H */
  readonly environment: string;
  readonly namePrefix: string;
  readonly resolveAccount: ResolveAccount;
  /** Ids of the accounts that may be used. */
  readonly accounts: () => Promise<readonly string[]>;
  /** Service clients that may deal with compute environments. */
  readonly clients: readonly string[];
  readonly askQuota: AskQuota;
  readonly timing: Timing;
  /** Minutes that a drain waits for jobs. */
  readonly drainMinutes: number;
  /** Milliseconds since the epoch. Default: the clock. */
  readonly now?: () => number;
}

export interface ComputeEnvironments extends ComputeLists {
  readonly locate: Locate<ComputeKind>;
  readonly show: Show<ComputeKind>;
  readonly repair: Repair<ComputeKind>;
  readonly names: TakeNames;
  readonly accounts: ComputeParts['accounts'];
  readonly state: Pick<ComputeState, 'enable' | 'disable' | 'makePrimary' | 'believe'>;
  readonly plan: PlanCompute;
  readonly create: CreateCompute;
  readonly update: UpdateCompute;
  readonly validate: ValidateCompute;
  readonly dispose: DisposeCompute;
  /** A tenant with the options that the shared one has now: it may have been changed since. */
  readonly asItIs: (compute: ComputeInput) => Promise<ComputeInput>;
  /** @throws Invalid with every problem of the body */
  readonly parse: (body: unknown) => ComputeRequest;
  /** @throws Denied where the principal has nothing to do with compute environments. */
  require(principal: Principal): void;
  /** @param id in either form. @throws Denied; NotFound, also where it was removed by force, but for operators. */
  authorise(principal: Principal, id: string): Promise<LocatedCompute>;
}

export const createComputeEnvironments = (parts: ComputeParts): ComputeEnvironments => {
  const { operations, control, environment, namePrefix, resolveAccount, clients, timing, now = Date.now } = parts;
  const records = control.records(COMPUTE_RECORDS);
  const rules = (drainMinutes = parts.drainMinutes) => computeRules({ timing, drainMinutes });
  const locate = createLocate({ rules: rules(), operations, records, environment });
  const show = createShow({ rules: rules(), operations, locate });
  const terminate = createTerminate({ rules: rules(), operations, locate });
  const names = createTakeNames({ names: control.names, locate, environment, now });
  const state = createComputeState({ records, environment });
  const lists = createComputeLists({ rules: rules(), operations, records, locate, show, environment });
  const shared = createShared({ records, locate, names, lists, environment });
  const resolve = createResolveCompute({ environment, namePrefix, resolveAccount, findShared: shared.find });
  const { drainMinutes } = parts;

  const require = (principal: Principal): void => {
    requireRight(principal, 'compute');
    if (principal.kind === 'service' && !clients.includes(principal.name)) {
      throw new ApiProblem('Denied', 'this client is not in compute.clients');
    }
  };

  return {
    ...lists,
    ...{ locate, show, names, state, require },
    parse: parseCompute,
    accounts: parts.accounts,
    repair: createRepair({ rules: rules(), operations, terminate }),
    plan: createPlanCompute({ resolve, askQuota: parts.askQuota, environment }),
    create: createCreateCompute({ resolve, operations, locate, names, environment, timing }),
    update: createUpdateCompute({ resolve, operations, names, state, timing, drainMinutes }),
    validate: createValidateCompute({ operations, timing }),
    dispose: createDisposeCompute({ rules, operations, locate, state, shared }),

    async asItIs(compute) {
      const { tenancy } = compute;
      const found = tenancy && (await locate(fullId(tenancy.forgeId, environment)))?.record;
      return found ? { ...compute, config: asTenant(compute.config, found.compute.config) } : compute;
    },

    async authorise(principal, id) {
      require(principal);
      const located = await locate(fullId(id, environment));
      const isHidden = located?.record?.hidden === true && principal.kind !== 'operator';
      if (!located || isHidden) throw new ApiProblem('NotFound', 'there is no such compute environment');
      return located;
    },
  };
};
