/** The decisions of the quota allocator: who gets one of the places that are left. Pure. */
import type { Spec } from '../resources/spec.ts';
import type { AccountRef } from './account.ts';
import type { FailureCode } from './failures.ts';
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

/** A subject has an entry for each of its runs that took places: a later one takes only what no earlier one has. */
export const holderKey = ({ subject, run }: Pick<Holder, 'subject' | 'run'>): string =>
  `${subjectWorkflowId(subject)}#${run}`;

const entriesOf = (held: Iterable<Holder>, { subject }: Pick<Holder, 'subject'>): Holder[] => {
  const id = subjectWorkflowId(subject);
  return [...held].filter((holder) => subjectWorkflowId(holder.subject) === id);
};

export interface SlotRequest extends Holder {
  /** `settle`: of all that its subject has it keeps these names and no others, and they are this run's. */
  readonly kind: 'acquire' | 'release' | 'settle';
  /** `run`: give back only what this very run took. */
  readonly by: 'run' | 'owner';
  /** How the account is entered today. Absent where an older worker asks: as it was when the allocator was started. */
  readonly account?: AccountRef;
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
  held: Iterable<Pick<Holder, 'names'>>,
  { names: seen }: Pick<ObservedSlots, 'names'>,
  kind: SlotKind,
): Set<string> => new Set([...seen[kind], ...[...held].flatMap(({ names }) => names[kind] ?? [])]);

/** Places of one kind. */
export interface SlotCount {
  readonly used: number;
  readonly limit: number;
}

/** What there is of a kind, and whether what somebody may want has a place. */
export interface SlotVerdict extends QuotaName, SlotCount {
  /** Names among those that are wanted that have no place yet. */
  readonly wanted: number;
  readonly fits: boolean;
}

/** Of each kind of which something is wanted. */
export const verdictOf = (held: Iterable<Holder>, observed: ObservedSlots, names: SlotNames): SlotVerdict[] => {
  const holders = [...held].filter((holder) => !observed.gone.includes(holderKey(holder)));
  return SLOT_KINDS.filter((kind) => (names[kind] ?? []).length > 0).map((kind) => {
    const used = inUse(holders, observed, kind);
    const wanted = new Set(names[kind]?.filter((name) => !used.has(name))).size;
    const limit = observed.limits[kind];
    const quota = observed.binding?.[kind] ?? QUOTA_NAMES[kind];
    return { ...quota, used: used.size, limit, wanted, fits: wanted === 0 || used.size + wanted <= limit };
  });
};

/** Changes `held` and answers each request in order. `observed` may be null where nobody acquires. */
export const decide = (
  held: Map<string, Holder>,
  requests: readonly SlotRequest[],
  observed: ObservedSlots | null,
): SlotAnswer[] => {
  for (const key of observed?.gone ?? []) held.delete(key);
  return requests.map((request) => {
    if (request.kind === 'release') return release(held, request);
    return request.kind === 'settle' ? settle(held, request) : acquire(held, request, observed);
  });
};

const release = (held: Map<string, Holder>, request: SlotRequest): SlotAnswer => {
  for (const holder of entriesOf(held.values(), request)) {
    if (request.by === 'owner' || holder.run === request.run) held.delete(holderKey(holder));
  }
  return { granted: true };
};

const settle = (held: Map<string, Holder>, request: SlotRequest): SlotAnswer => {
  const { subject, run, names } = request;
  for (const holder of entriesOf(held.values(), request)) held.delete(holderKey(holder));
  held.set(holderKey(request), { subject, run, names });
  return { granted: true };
};

/** Names of which the subject has no place yet. */
const newNames = (names: SlotNames, entries: readonly Holder[]): SlotNames =>
  Object.fromEntries(
    SLOT_KINDS.flatMap((kind) => {
      const has = new Set(entries.flatMap((holder) => holder.names[kind] ?? []));
      const more = (names[kind] ?? []).filter((name) => !has.has(name));
      return more.length > 0 ? [[kind, more]] : [];
    }),
  );

const acquire = (held: Map<string, Holder>, request: SlotRequest, observed: ObservedSlots | null): SlotAnswer => {
  const { subject, run } = request;
  const entries = entriesOf(held.values(), request);
  const names = newNames(request.names, entries);
  if (entries.length > 0 && Object.keys(names).length === 0) return { granted: true };
  if (!observed) throw new Error('acquiring needs a look at AWS');
  const full = verdictOf(held.values(), observed, names).filter(({ fits }) => !fits);
  if (full.length === 0) {
    const own = held.get(holderKey(request));
    held.set(holderKey(request), { subject, run, names: own ? merged(own.names, names) : names });
    return { granted: true };
  }
  const holders = [...new Set([...held.values()].map((holder) => subjectId(holder.subject)))];
  return { granted: false, code: 'QuotaExceeded', detail: detailOf(full, holders.length), holders };
};

const merged = (some: SlotNames, more: SlotNames): SlotNames =>
  Object.fromEntries(
    SLOT_KINDS.flatMap((kind) => {
      const all = [...(some[kind] ?? []), ...(more[kind] ?? [])];
      return all.length > 0 ? [[kind, all]] : [];
    }),
  );

/** To raise one quota is of use only where no other one is full that can't be raised. */
const detailOf = (full: readonly SlotVerdict[], holders: number): string => {
  const counts = full.map(({ counts: of, used, limit }) => `${used} of ${limit} ${of}`).join(', ');
  const fixed = full.filter(({ raise }) => raise === null).map((one) => one.counts);
  // What nobody here holds was made by somebody else: there is nothing of ours to dispose of.
  const room =
    holders > 0
      ? 'dispose of a workspace (`eyrie list`) or compute environment (`eyrie compute list`) that is not needed any more'
      : 'none of it is ours: remove what is not needed any more from the account';
  const advice =
    fixed.length > 0
      ? ` (AWS does not raise the quota of ${fixed.join(' and ')})`
      : `, or raise ${full.map(({ raise }) => `"${raise}"`).join(' and ')} in Service Quotas`;
  return `in use: ${counts}; ${room}${advice}`;
};
