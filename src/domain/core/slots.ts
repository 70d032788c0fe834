/** The decisions of the quota allocator: who gets one of the places that are left. Pure. */
import type { FailureCode } from '../failures.ts';
import type { Spec } from '../resources/spec.ts';
import { type SubjectRef, subjectId, subjectWorkflowId } from './subject.ts';

/** The kinds of resource whose quota binds. */
export const SLOT_KINDS = ['queue', 'computeEnvironment', 'vpc'] as const;

export type SlotKind = (typeof SLOT_KINDS)[number];

/** By the names that stand in AWS: any number of each kind, and none of a kind that is not wanted. */
export type SlotNames = Partial<Readonly<Record<SlotKind, readonly string[]>>>;

export interface SlotsSpec extends Spec {
  readonly names: SlotNames;
}

export interface Holder {
  readonly subject: SubjectRef;
  /** The run that took the places: only its undo gives them back, or a disposal of the subject. */
  readonly run: string;
  readonly names: SlotNames;
}

/** One subject has one entry, whatever its runs. */
export const holderKey = ({ subject }: Pick<Holder, 'subject'>): string => subjectWorkflowId(subject);

export interface SlotRequest extends Holder {
  readonly kind: 'acquire' | 'release';
  /** `run`: give back only what this very run took. */
  readonly by: 'run' | 'owner';
}

/** To the request of the same place in the batch. */
export type SlotAnswer =
  | { readonly granted: true }
  | {
      readonly granted: false;
      readonly code: FailureCode;
      readonly detail: string;
      /** Ids of the subjects that hold the places: for operators only. */
      readonly holders: readonly string[];
    };

/** What stands in AWS now, and how much may. Unnamed VPCs count by their id. */
export interface ObservedSlots {
  readonly names: Readonly<Record<SlotKind, readonly string[]>>;
  readonly limits: Readonly<Record<SlotKind, number>>;
  /** Keys of holders of which nothing is left and nothing runs: their places are free. */
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
export const inUse = (
  held: Iterable<Holder>,
  { names: seen }: Pick<ObservedSlots, 'names'>,
  kind: SlotKind,
): Set<string> => new Set([...seen[kind], ...[...held].flatMap(({ names }) => names[kind] ?? [])]);

/** Changes `held` and answers each request in order. `observed` may be null where nobody acquires. */
export const decide = (
  held: Map<string, Holder>,
  requests: readonly SlotRequest[],
  observed: ObservedSlots | null,
): SlotAnswer[] => {
  for (const key of observed?.gone ?? []) held.delete(key);
  return requests.map((request) =>
    request.kind === 'release' ? release(held, request) : acquire(held, request, observed),
  );
};

const release = (held: Map<string, Holder>, request: SlotRequest): SlotAnswer => {
  const holder = held.get(holderKey(request));
  if (holder && (request.by === 'owner' || holder.run === request.run)) held.delete(holderKey(request));
  return { granted: true };
};

const acquire = (held: Map<string, Holder>, request: SlotRequest, observed: ObservedSlots | null): SlotAnswer => {
  const { subject, run, names } = request;
  if (held.has(holderKey(request))) return { granted: true };
  if (!observed) throw new Error('acquiring needs a look at AWS');
  const full = SLOT_KINDS.flatMap((kind): Full[] => {
    const used = inUse(held.values(), observed, kind);
    const more = new Set(names[kind]?.filter((name) => !used.has(name)));
    const limit = observed.limits[kind];
    const quota = observed.binding?.[kind] ?? QUOTA_NAMES[kind];
    return more.size === 0 || used.size + more.size <= limit ? [] : [{ quota, used: used.size, limit }];
  });
  if (full.length === 0) {
    held.set(holderKey(request), { subject, run, names });
    return { granted: true };
  }
  const holders = [...held.values()].map((holder) => subjectId(holder.subject));
  return { granted: false, code: 'QuotaExceeded', detail: detailOf(full), holders };
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
