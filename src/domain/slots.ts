/** The decisions of the quota allocator: who gets one of the places that are left. Pure. */
import type { FailureCode } from './failures.ts';

/** The three kinds of resource whose quota binds, by the name that stands in AWS. */
export interface SlotNames {
  readonly vpc: string;
  readonly queue: string;
  readonly computeEnvironment: string;
}

export type SlotKind = keyof SlotNames;

export const SLOT_KINDS: readonly SlotKind[] = ['queue', 'computeEnvironment', 'vpc'];

export interface Holder {
  readonly workspace: string;
  /** The launch that took the places: only its undo gives them back, or a disposal of the workspace. */
  readonly launch: string;
  readonly names: SlotNames;
}

export interface SlotRequest extends Holder {
  readonly kind: 'acquire' | 'release';
  /** `launch`: give back only what this very launch took. */
  readonly by: 'run' | 'owner';
}

export type SlotAnswer =
  | { readonly workspace: string; readonly granted: true }
  | {
      readonly workspace: string;
      readonly granted: false;
      readonly code: FailureCode;
      readonly detail: string;
      /** Workspaces that hold the places: for operators only. */
      readonly holders: readonly string[];
    };

/** What stands in AWS now, and how much may. Unnamed VPCs count by their id. */
export interface ObservedSlots {
  readonly names: Readonly<Record<SlotKind, readonly string[]>>;
  readonly limits: Readonly<Record<SlotKind, number>>;
  /** Holders of which nothing is left and nothing runs: their places are free. */
  readonly gone: readonly string[];
  /** What of a kind has the smallest limit: a VPC comes with an internet gateway, which has a quota of its own. */
  readonly binding?: Partial<Readonly<Record<SlotKind, QuotaName>>>;
}

/** A quota of AWS, as Service Quotas calls it. */
export interface QuotaName {
  /** What it counts, in the plural: `internet gateways`. */
  readonly counts: string;
  /** `Internet gateways per Region`; null where AWS raises it for nobody. */
  readonly raise: string | null;
}

const QUOTA_NAMES: Readonly<Record<SlotKind, QuotaName>> = {
  queue: { counts: 'job queues', raise: null },
  computeEnvironment: { counts: 'compute environments', raise: null },
  vpc: { counts: 'VPCs', raise: 'VPCs per Region' },
};

/** Places in use: held or seen, a name counted once. So a place held but not yet filled counts, and so does a stranger's. */
const inUse = (held: ReadonlyMap<string, Holder>, observed: ObservedSlots, kind: SlotKind): Set<string> =>
  new Set([...observed.names[kind], ...[...held.values()].map(({ names }) => names[kind])]);

/** Changes `held` and answers each request in order. `observed` may be null where nobody acquires. */
export const decide = (
  held: Map<string, Holder>,
  requests: readonly SlotRequest[],
  observed: ObservedSlots | null,
): SlotAnswer[] => {
  for (const workspace of observed?.gone ?? []) held.delete(workspace);
  return requests.map((request) =>
    request.kind === 'release' ? release(held, request) : acquire(held, request, observed),
  );
};

const release = (held: Map<string, Holder>, { workspace, launch, by }: SlotRequest): SlotAnswer => {
  const holder = held.get(workspace);
  if (holder && (by === 'owner' || holder.launch === launch)) held.delete(workspace);
  return { workspace, granted: true };
};

const acquire = (
  held: Map<string, Holder>,
  { workspace, launch, names }: SlotRequest,
  observed: ObservedSlots | null,
): SlotAnswer => {
  if (held.has(workspace)) return { workspace, granted: true };
  if (!observed) throw new Error('acquiring needs a look at AWS');
  const full = SLOT_KINDS.flatMap((kind): Full[] => {
    const used = inUse(held, observed, kind);
    const limit = observed.limits[kind];
    const quota = observed.binding?.[kind] ?? QUOTA_NAMES[kind];
    return used.has(names[kind]) || used.size < limit ? [] : [{ quota, used: used.size, limit }];
  });
  if (full.length === 0) {
    held.set(workspace, { workspace, launch, names });
    return { workspace, granted: true };
  }
  return { workspace, granted: false, code: 'QuotaExceeded', detail: detailOf(full), holders: [...held.keys()] };
};

interface Full {
  readonly quota: QuotaName;
  readonly used: number;
  readonly limit: number;
}

/** To raise one quota is of use only where no other one is full that can't be raised. */
const detailOf = (full: readonly Full[]): string => {
  const counts = full.map(({ quota, used, limit }) => `${used} of ${limit} ${quota.counts}`).join(', ');
  const fixed = full.filter(({ quota }) => quota.raise === null).map(({ quota }) => quota.counts);
  const advice =
    fixed.length > 0
      ? ` (AWS does not raise the quota of ${fixed.join(' and ')})`
      : `, or raise ${full.map(({ quota }) => `"${quota.raise}"`).join(' and ')} in Service Quotas`;
  return `in use: ${counts}; dispose of a workspace that is not needed any more${advice}`;
};
