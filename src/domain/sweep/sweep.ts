/** What a sweep is asked for, and what it answers. */
import type { AccountRef } from '../core/account.ts';
import type { SubjectKind, SubjectRef } from '../core/subject.ts';
import type { Timing } from '../core/timing.ts';
import type { Finding, SweepKind } from './finding.ts';
import type { SweptType } from './types.ts';

export interface Prefixes {
  /** Names of this environment's things begin with one of these. */
  readonly own: readonly string[];
  /** Names of other environments' may, too: what is called so is looked at more closely. */
  readonly shared: readonly string[];
}

/** Decided by the configuration. */
export interface SweepSettings {
  /** H */
  readonly environment: string;
  /** Eyrie's own account. `accountId` null: asked of STS. */
  readonly home: { readonly accountId: string | null; readonly region: string };
  readonly prefixes: Prefixes;
  readonly timing: Timing;
}

export interface SweepInput extends SweepSettings {
  /** Only this account. Null: Eyrie's own and all that records name. */
  readonly accountId: string | null;
  /** Take what may be taken. False: only look. */
  readonly apply: boolean;
  /** Go on with removals that were asked for and that nobody goes on with. */
  readonly finish: boolean;
  /** Left over for less long, nothing is taken. */
  readonly olderThanMs: number;
  /** Of at most so many owners: more at once look like a mistake of ours. */
  readonly ownersMax: number;
  readonly requestedBy: string;
}

/** Of one account and region. */
export interface SweepAccountInput {
  readonly input: SweepInput;
  readonly account: AccountRef;
  /** ISO time that it decides by. */
  readonly at: string;
  /** What is seen from every region is looked for in the first one of an account. */
  readonly isFirst: boolean;
  /** Eyrie's own: the control bucket is looked at, too. */
  readonly isHome: boolean;
  /** How many findings it tells of one by one, at most. */
  readonly toldMax: number;
}

/** What is looked for in one account and region. */
export interface SweepPlace extends Pick<SweepInput, 'environment' | 'prefixes' | 'olderThanMs'> {
  readonly account: AccountRef;
  /** ISO time that it decides by. */
  readonly at: string;
}

export interface FindLeftOver extends SweepPlace {
  readonly type: SweptType;
}

/** A page of records of one kind. */
export interface FindUnmet extends SweepPlace {
  readonly kind: SubjectKind;
  /** As the page before gave it; null for the first. */
  readonly cursor: string | null;
}

export interface LeftOver {
  /** How many things were looked at. */
  readonly looked: number;
  readonly findings: readonly Finding[];
  /** Found besides, and not told one by one. */
  readonly more: number;
}

export interface UnmetPage extends LeftOver {
  readonly nextCursor: string | null;
}

export interface SweepAccounts {
  readonly accounts: readonly AccountRef[];
  /** How many records there are. */
  readonly records: number;
}

export interface DeleteLeftOver extends SweepPlace {
  readonly finding: Finding;
}

/** Input of `removeLeftOver`: what is left of one owner, in the order of its removal. */
export interface RemoveLeftOverInput {
  readonly subject: SubjectRef;
  readonly removals: readonly DeleteLeftOver[];
  readonly timing: Timing;
}

/** Of one sweep, as it is kept and shown. */
export interface SweepReport {
  /** ISO time that it decided by. */
  readonly at: string;
  readonly runId: string;
  readonly requestedBy: string;
  readonly apply: boolean;
  readonly olderThanHours: number;
  /** `<account>/<region>` */
  readonly places: readonly string[];
  readonly looked: number;
  readonly findings: readonly Finding[];
  /** Found besides, and not told one by one. */
  readonly more: number;
}

/** What a run answers: no list, since schedules show it. */
export interface SweepResult {
  readonly at: string;
  readonly looked: number;
  readonly found: Partial<Readonly<Record<SweepKind, number>>>;
  readonly removed: number;
  /** What was to be taken, and is there still. */
  readonly failed: number;
}

/** Workflow types: names on the wire. */
export const SWEEP = 'sweep';
export const REMOVE_LEFT_OVER = 'removeLeftOver';

/** What an outcome begins with that is as it was wished. */
export const REMOVED = 'removed';
