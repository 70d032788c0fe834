/** Whether a workspace that runs is still fit for use: what AWS, or somebody, has made of its parts since it was launched. */
import type { AccountRef } from '../core/account.ts';
import { tell } from '../core/commands.ts';
import type { HealthProblem } from '../core/health.ts';
import type { SubjectRef } from '../core/subject.ts';
import type { Timing } from '../core/timing.ts';
import type { WorkspaceRecord } from './record.ts';

/** Of a workspace in which something is wrong. */
export interface HealthView {
  /** ISO time of the look that saw it first. */
  readonly since: string;
  readonly problems: readonly HealthProblem[];
  /** What to do about it. */
  readonly hint: string;
}

/** As the record keeps it. */
export type Health = Omit<HealthView, 'hint'>;

/** A launch converges all that a workspace consists of, whatever became of it. */
const hintFor = (subject: SubjectRef): string =>
  `${tell('make', subject)} repairs it: what is gone is made anew, what was changed is put back, and its holder gets a fresh key`;

/** Null where it is sound, or there is nothing that could be: only what runs is looked at. */
export const healthOf = (record: WorkspaceRecord): HealthView | null =>
  isWatched(record) && record.health ? { ...record.health, hint: hintFor(record.subject) } : null;

/** Only what runs, and with which nothing is going on, is looked at. */
export const isWatched = ({ phase, operation }: WorkspaceRecord): boolean => phase === 'running' && operation === null;

export interface WatchWorkspacesInput {
  /** H */
  readonly environment: string;
  /** Accounts looked at in a minute, at most. */
  readonly perMinute: number;
  readonly timing: Timing;
  /** Of a run that goes on as another. */
  readonly soFar?: WatchedSoFar;
}

export interface WatchedCounts {
  readonly looked: number;
  readonly unhealthy: number;
  /** Those whose account could not be looked at. */
  readonly unseen: number;
}

interface WatchedSoFar extends WatchedCounts {
  readonly cursor: string | null;
  readonly told: readonly Unhealthy[];
}

/** One that a run has to tell of. */
export interface Unhealthy extends HealthProblem {
  /** Id of the workspace. */
  readonly id: string;
}

/** Those of one account and region: names of subjects. */
export interface WatchedPlace {
  readonly account: AccountRef;
  readonly names: readonly string[];
}

export interface WatchedWorkspaces {
  readonly places: readonly WatchedPlace[];
  readonly nextCursor: string | null;
}

export interface LookAtWorkspaces extends WatchedPlace {
  readonly environment: string;
}

/** What a look has found of one workspace. */
export interface Looked {
  readonly subject: SubjectRef;
  readonly problems: readonly HealthProblem[];
  /** Its record says something else. */
  readonly isNews: boolean;
}

/** The same things are wrong, whenever that was seen. */
export const isSameHealth = (known: Health | null | undefined, problems: readonly HealthProblem[]): boolean =>
  JSON.stringify(known?.problems ?? []) === JSON.stringify(problems);
