/** What a kind of subject brings along, so that the API finds, shows, retries and terminates its subjects as any other's. */
import type { Exit, OperationProgress } from '#domain/core/operation.ts';
import type { OperationRecord } from '#domain/core/record.ts';
import type { SubjectKind, SubjectRef } from '#domain/core/subject.ts';
import type { StartOperation } from '#temporal/operations.ts';
import type { OperationKind, OperationRun } from '#temporal/run.ts';
import type { Action, Principal } from '../principal.ts';
import type { Lost } from './ended.ts';

export interface SubjectView extends OperationProgress {
  readonly id: string;
  readonly updatedAt: string;
}

/** What the API reads of any record. */
export type SubjectRecord = Pick<
  OperationRecord,
  'id' | 'subject' | 'phase' | 'operation' | 'steps' | 'interventions' | 'error' | 'leftovers' | 'heard' | 'updatedAt'
>;

export interface ApiKind extends OperationKind {
  readonly view: SubjectView & OperationProgress<this['phase'], this['type']>;
  readonly record: SubjectRecord;
  /** Ways to terminate. */
  readonly mode: string;
}

/** A subject by what is known of it. */
export interface Located<Kind extends ApiKind> {
  readonly id: string;
  readonly subject: SubjectRef;
  /** Whose it is: raw, as the record (or before there is one, the run) has it. */
  readonly user: string;
  readonly record: Kind['record'] | undefined;
  readonly run: OperationRun<Kind> | undefined;
}

/** With a run of its workflow, which may be all that there is. */
export type LocatedRun<Kind extends ApiKind> = Located<Kind> & { readonly run: OperationRun<Kind> };

export type Locate<Kind extends ApiKind> = (id: string) => Promise<Located<Kind> | undefined>;

/** `principal`: who is to see it; without one, what anybody may know. */
export type Show<Kind extends ApiKind> = (located: Located<Kind>, principal?: Principal) => Promise<Kind['view']>;

/** The right that each exit from a step that is stuck goes by. */
export type ExitRights = Readonly<Record<Exit, Action>>;

export interface KindRules<Kind extends ApiKind> {
  readonly kind: SubjectKind;
  /** Type of the workflow that makes a subject where there is none. */
  readonly makes: Kind['type'];
  readonly exits: ExitRights;
  userOf(record: Kind['record']): string;
  userOfRun(memo: Kind['memo']): string;

  /** Phases in which no operation is in progress. */
  readonly atRest: readonly Kind['phase'][];
  viewOf(record: Kind['record']): Kind['view'];
  /** No worker answers: the memo, what is pending and the record say as much as they can. */
  viewOfRun(located: LocatedRun<Kind>): Kind['view'];
  /** What a subject is whose operation of this type was ended from outside. */
  whenLost(type: string, subject: SubjectRef): Lost<Kind['phase']>;
  /** Adds what neither the workflow nor the record knows by itself, and what this principal alone may know. */
  complete(
    view: Kind['view'],
    located: Located<Kind>,
    state: 'busy' | 'at-rest',
    principal: Principal | undefined,
  ): Promise<Kind['view']>;

  /** `unchangedSince`: only where nothing has happened since. The operation looks once more, as it begins. */
  terminationOf(
    located: Located<Kind>,
    mode: Kind['mode'],
    requestedBy: string,
    unchangedSince?: string,
  ): StartOperation<Kind>;
  /** Whether nothing has happened since this ISO time. Default: such a condition is not taken. */
  isUnchanged?(located: Located<Kind>, since: string): Promise<boolean>;
  /** Nothing would be left to do. */
  isTerminated(record: Kind['record'], mode: Kind['mode']): boolean;
  /** May an operation that runs be asked to turn into this termination? */
  mayTakeOver(mode: Kind['mode']): boolean;
  /** What a retry does where nothing runs; undefined where nothing is left to do. */
  retryOf(record: Kind['record']): Kind['mode'] | undefined;
}
