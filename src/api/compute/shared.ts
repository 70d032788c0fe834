/** Shared compute environments and their tenants, as callers name and see them. */
import type { Records } from '#control/records.ts';
import type { ComputeInput } from '#domain/compute/input.ts';
import { type ComputeRecord, isOver, isTenantIn, isThere } from '#domain/compute/record.ts';
import { tenantsRemain } from '#domain/compute/tenancy.ts';
import type { AccountRef } from '#domain/core/account.ts';
import type { Principal } from '../principal.ts';
import { ApiProblem } from '../problems.ts';
import type { Locate } from '../subjects/kind.ts';
import { fullId } from './ids.ts';
import type { ComputeKind, LocatedCompute } from './kind.ts';
import type { ComputeLists } from './list.ts';
import type { TakeNames } from './names.ts';
import { notReady } from './state.ts';

export interface SharedParts {
  readonly records: Pick<Records<ComputeRecord>, 'all'>;
  readonly locate: Locate<ComputeKind>;
  readonly names: Pick<TakeNames, 'find'>;
  readonly lists: Pick<ComputeLists, 'findByAlias'>;
  /** H */
  readonly environment: string;
}

/**
 * The shared one that a tenant names by id, name or alias.
 * @throws Invalid where there is none, or it is none for this tenant; NotReady where it is being made or taken away
 */
export type FindShared = (named: string, account: AccountRef) => Promise<ComputeInput>;

export interface SharedComputes {
  readonly find: FindShared;
  /** @throws DisposeFirst while it has tenants: operators are told which */
  requireNoTenants(located: LocatedCompute, principal: Principal): Promise<void>;
}

/** So many are told. */
const SHOWN_MAX = 20;

export const createShared = ({ records, locate, names, lists, environment }: SharedParts): SharedComputes => {
  const findNamed = async (named: string): Promise<ComputeRecord | undefined> => {
    const byId = await locate(fullId(named, environment));
    const forgeId = byId ? undefined : await names.find(named);
    const byName = forgeId === undefined ? undefined : await locate(fullId(forgeId, environment));
    const found = byId ?? byName ?? (await lists.findByAlias(named));
    return found?.record && !isOver(found.record) ? found.record : undefined;
  };

  return {
    async find(named, account) {
      const record = await findNamed(named);
      if (!record) throw refused(`there is no compute environment ${named}`);
      const { compute, phase, id } = record;
      if (!compute.config.eyrie.shared) throw refused(`${id} is not shared: it takes no tenants`);
      const { accountId, region } = compute.account;
      if (accountId !== account.accountId || region !== account.region) {
        throw refused(`${id} is in account ${accountId}, ${region}: a tenant has to be there, too`);
      }
      if (!isThere(phase) && phase !== 'updating') throw notReady(id, `it is ${phase}, and takes no tenants now`);
      return compute;
    },

    async requireNoTenants({ id, subject, record }, principal) {
      if (!record?.compute.config.eyrie.shared) return;
      const tenants = await records.all({ environment, fits: (one) => isTenantIn(subject.name, one) });
      if (tenants.length === 0) return;
      const told = tenants.slice(0, SHOWN_MAX).map((tenant) => `${tenant.id} (${tenant.compute.name})`);
      const more = tenants.length > SHOWN_MAX ? ', …' : '';
      const which = principal.kind === 'operator' ? `: ${told.join(', ')}${more}` : '';
      throw new ApiProblem('DisposeFirst', `${tenantsRemain(id, tenants.length)}${which}`);
    },
  };
};

const refused = (detail: string): ApiProblem =>
  new ApiProblem('Invalid', 'the request is not valid', { errors: [{ pointer: '/config/eyrie/tenantOf', detail }] });
