/** Seqera's lists come whole. */
import type { ComputeStatus } from '#domain/compute/view.ts';
import type { ComputeEnvironments } from '../../compute/compute-environments.ts';
import type { ComputeItem } from '../../compute/list.ts';
import type { Principal } from '../../principal.ts';

const PAGE = 100;

/** What is there to see for Seqera's clients: neither what was deleted nor what was removed by force. */
export const listAll = async (
  compute: Pick<ComputeEnvironments, 'list'>,
  principal: Principal,
  status?: ComputeStatus,
): Promise<readonly ComputeItem[]> => {
  const all: ComputeItem[] = [];
  let cursor: string | undefined;
  do {
    const page = await compute.list({ ...principal, kind: 'service' }, { status, cursor, limit: PAGE });
    all.push(...page.items.filter((item) => item.status !== 'DELETED'));
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return all;
};
