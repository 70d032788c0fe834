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

/** How often a service is asked for what it holds while others make and remove. */
const LOOKS = 20;

const status = (error: unknown): unknown =>
  (error as { $metadata?: { httpStatusCode?: unknown } }).$metadata?.httpStatusCode;

/**
 * A service lists first and then asks about each thing. What was removed in between can't be asked about: it looks again.
 *
 * @throws what the last look threw
 */
const settled = async <T>(look: () => Promise<T>): Promise<T> => {
  for (let looks = 1; ; looks++) {
    try {
      return await look();
    } catch (error) {
      const code = status(error);
      if (looks === LOOKS || typeof code !== 'number' || code >= 500) throw error;
    }
  }
};

export const createInventory =
  (world: Registry, timing: Timing) =>
  async (account: string): Promise<unknown> => {
    const lists = await timing.within(account, () =>
      Promise.all(world.modules.map((module) => settled(async () => (await module.inventory?.(account)) ?? []))),
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
