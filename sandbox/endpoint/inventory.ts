/** Everything that exists in an account, over all services with rules, in an order that does not depend on time. */
import type { InventoryItem } from '../core/service.ts';
import type { Timing } from './timing.ts';
import type { Registry } from './world.ts';

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const compare = (a: InventoryItem, b: InventoryItem): number =>
  compareText(a.type, b.type) || compareText(a.region, b.region) || compareText(a.id, b.id);

/** Key order would make two equal inventories print differently. */
const sortKeys = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (value === null || typeof value !== 'object' || value instanceof Date) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => compareText(a, b))
      .map(([key, item]) => [key, sortKeys(item)]),
  );
};

export const createInventory =
  (world: Registry, timing: Timing) =>
  async (account: string): Promise<unknown> => {
    const lists = await timing.within(account, () =>
      Promise.all(world.modules.map((module) => module.inventory?.(account) ?? [])),
    );
    return lists
      .flat()
      .sort(compare)
      .map(({ type, id, name, region, state, tags, details }) => ({
        type,
        id,
        name,
        region,
        state,
        tags: sortKeys(tags),
        details: sortKeys(details),
      }));
  };
