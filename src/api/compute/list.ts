/** Lists of compute environments. */
import type { Records } from '#control/records.ts';
import type { ComputeInput } from '#domain/compute/input.ts';
import { type ComputeRecord, isOver } from '#domain/compute/record.ts';
import { COMPUTE_PHASES, type ComputePhase, type ComputeStatus, statusOf } from '#domain/compute/view.ts';
import type { Principal } from '../principal.ts';
import type { Locate, Show } from '../subjects/kind.ts';
import { createListSubjects, type SubjectItem, type SubjectPage } from '../subjects/list.ts';
import { fullId } from './ids.ts';
import type { ComputeKind, ComputeOperations, ComputeRules, LocatedCompute } from './kind.ts';

export type ComputeItem = SubjectItem<ComputeKind>;

export type ComputePage = SubjectPage<ComputeKind>;

export interface ComputeQuery {
  readonly status?: ComputeStatus | undefined;
  readonly phase?: ComputePhase | undefined;
  /** Exactly this one. */
  readonly name?: string | undefined;
  readonly alias?: string | undefined;
  /** Tenants of this one, by its id. */
  readonly tenantOf?: string | undefined;
  readonly cursor?: string | undefined;
  readonly limit: number;
}

export interface ComputeListParts {
  readonly rules: ReturnType<ComputeRules>;
  readonly operations: Pick<ComputeOperations, 'namesUnderWay'>;
  readonly records: Pick<Records<ComputeRecord>, 'list' | 'listNamed'>;
  readonly locate: Locate<ComputeKind>;
  readonly show: Show<ComputeKind>;
  readonly environment: string;
}

export interface ComputeLists {
  /** Operators see those, too, that were removed by force. */
  list(principal: Principal, query: ComputeQuery): Promise<ComputePage>;
  /** The newest that has it and was not deleted; undefined: none. */
  findByAlias(alias: string): Promise<LocatedCompute | undefined>;
}

const PAGE = 100;

/** Before a create has a record, its memo says what it makes. */
const optionsOf = ({ record, run }: LocatedCompute): Partial<Pick<ComputeInput, 'name' | 'config'>> =>
  record?.compute ?? run?.memo.made ?? {};

export const createComputeLists = (parts: ComputeListParts): ComputeLists => {
  const { records, locate, environment } = parts;
  const list = createListSubjects<ComputeKind>({ ...parts, nameOf: (name) => name });

  return {
    list: (principal, { status, phase, name, alias, tenantOf, ...page }) =>
      list(principal, undefined, {
        phase: COMPUTE_PHASES.filter(
          (one) => (phase === undefined || one === phase) && (status === undefined || statusOf[one] === status),
        ),
        fits(located) {
          const { name: itsName, config } = optionsOf(located);
          return (
            (!located.record?.hidden || principal.kind === 'operator') &&
            (name === undefined || itsName === name) &&
            (alias === undefined || config?.eyrie.alias === alias) &&
            (tenantOf === undefined || config?.eyrie.tenantOf === fullId(tenantOf, environment))
          );
        },
        ...page,
      }),

    async findByAlias(alias) {
      let newest: ComputeRecord | undefined;
      let cursor: string | undefined;
      do {
        const fits = (record: ComputeRecord) => !isOver(record) && record.compute.config.eyrie.alias === alias;
        const page = await records.list({ environment, fits, cursor, limit: PAGE });
        for (const { record } of page.items) {
          if (!newest || record.createdAt > newest.createdAt) newest = record;
        }
        cursor = page.nextCursor ?? undefined;
      } while (cursor !== undefined);
      return newest && (await locate(newest.id));
    },
  };
};
