/** Lists of compute environments, from their records. */
import type { Records } from '#control/records.ts';
import { type ComputeRecord, isOver } from '#domain/compute/record.ts';
import { type ComputePhase, type ComputeStatus, type ComputeView, statusOf } from '#domain/compute/view.ts';
import type { Principal } from '../principal.ts';
import type { Locate, Show } from '../subjects/kind.ts';
import { fullId } from './ids.ts';
import type { ComputeKind, LocatedCompute } from './kind.ts';

export type ComputeItem = Omit<ComputeView, 'steps'>;

export interface ComputePage {
  readonly items: readonly ComputeItem[];
  readonly nextCursor: string | null;
}

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
  readonly records: Pick<Records<ComputeRecord>, 'list'>;
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

export const createComputeLists = ({ records, locate, show, environment }: ComputeListParts): ComputeLists => {
  const alone = (record: ComputeRecord): LocatedCompute => ({
    id: record.id,
    subject: record.subject,
    user: '',
    record,
    run: undefined,
  });

  return {
    async list(principal, { status, phase, name, alias, tenantOf, ...page }) {
      const { items, nextCursor } = await records.list({
        environment,
        fits: (record) =>
          (!record.hidden || principal.kind === 'operator') &&
          (phase === undefined || record.phase === phase) &&
          (status === undefined || statusOf[record.phase] === status) &&
          (name === undefined || record.compute.name === name) &&
          (alias === undefined || record.compute.config.eyrie.alias === alias) &&
          (tenantOf === undefined || record.compute.config.eyrie.tenantOf === fullId(tenantOf, environment)),
        ...page,
      });
      const views = await Promise.all(
        items.map(async ({ record }) =>
          // An item with an operation in progress is looked at in Temporal: its record may be behind.
          show(record.operation ? ((await locate(record.id)) ?? alone(record)) : alone(record), principal),
        ),
      );
      return { items: views.map(({ steps: _, ...item }) => item), nextCursor };
    },

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
