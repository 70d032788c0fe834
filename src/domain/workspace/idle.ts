/** Workspaces that nobody has used for long: which are told that they will be disposed of, and which are. Pure. */
import type { SubjectRef } from '../core/subject.ts';
import type { Timing } from '../core/timing.ts';
import type { WorkspaceRecord } from './record.ts';

export interface IdleRules {
  /** Parked for so long, a workspace is disposed of. */
  readonly parkedDays: number;
  /** So long before, it is shown as due. */
  readonly warningDays: number;
}

/** A parked workspace, as far as this is about it. */
export interface ParkedWorkspace {
  readonly subject: SubjectRef;
  readonly user: string;
  readonly account: string;
  readonly region: string;
  readonly profile: string | null;
  /** ISO time since which it is parked. */
  readonly since: string;
  /** ISO time at which it was announced to be disposed of. */
  readonly dueAt: string | null;
}

export type IdleVerdict =
  | { readonly kind: 'keep' }
  /** Shown as due from now on. */
  | { readonly kind: 'warn'; readonly dueAt: string }
  /** Announced already, and the time has not come. */
  | { readonly kind: 'wait'; readonly dueAt: string }
  | { readonly kind: 'dispose' };

const DAY_MS = 86_400_000;

/** An announcement that no run came back to for so long is of another time, when this was configured: it counts no more. */
const STALE_DAYS = 7;

const plusDays = (time: string, days: number): string => new Date(Date.parse(time) + days * DAY_MS).toISOString();

/** From when on a parked workspace is shown as due, seen from `at`. */
export const warnedSince = ({ parkedDays, warningDays }: IdleRules, at: string): string =>
  plusDays(at, -Math.max(0, parkedDays - warningDays));

/** @param at the time by which this run decides */
export const idleVerdict = (
  { since, dueAt }: Pick<ParkedWorkspace, 'since' | 'dueAt'>,
  rules: IdleRules,
  at: string,
): IdleVerdict => {
  if (since > warnedSince(rules, at)) return { kind: 'keep' };
  const announced = dueAt !== null && plusDays(dueAt, STALE_DAYS) > at ? dueAt : null;
  if (announced === null)
    return { kind: 'warn', dueAt: later(plusDays(since, rules.parkedDays), plusDays(at, rules.warningDays)) };
  // A longer time was configured since.
  const due = later(announced, plusDays(since, rules.parkedDays));
  if (due > at) return due === announced ? { kind: 'wait', dueAt: due } : { kind: 'warn', dueAt: due };
  return { kind: 'dispose' };
};

const later = (one: string, other: string): string => (one > other ? one : other);

/** Undefined for a workspace that is not parked. */
export const parkedOf = (record: WorkspaceRecord): ParkedWorkspace | undefined => {
  const { phase, subject, workspace, disposalDueAt = null } = record;
  if (phase !== 'parked') return undefined;
  const { user, account, profile } = workspace;
  const { accountId, region } = account;
  return { subject, user, account: accountId, region, profile, since: parkedSince(record), dueAt: disposalDueAt };
};

/** Records of older versions don't say: since they were written last. */
const parkedSince = ({ phaseSince, updatedAt }: Pick<WorkspaceRecord, 'phaseSince' | 'updatedAt'>): string =>
  phaseSince ?? updatedAt;

/** Nothing has happened to it since that look. */
export const isParkedSince = (
  record: Pick<WorkspaceRecord, 'phase' | 'phaseSince' | 'updatedAt'>,
  since: string,
): boolean => record.phase === 'parked' && parkedSince(record) === since;

export interface IdleDisposalInput extends IdleRules {
  readonly environment: string;
  /** Disposals begun in an hour, at most. */
  readonly perHour: number;
  readonly timing: Timing;
  /** Of a run that goes on from another one. */
  readonly soFar?: IdleDisposalResult & { readonly cursor: string | null };
}

export interface IdleDisposalResult {
  /** ISO time by which was decided. */
  readonly at: string;
  readonly parked: number;
  /** Announced, by this run or an earlier one, and not yet due. */
  readonly due: number;
  /** Ids of workspaces whose disposal this run has begun: the first hundred. */
  readonly disposing: readonly string[];
  readonly disposed: number;
}
