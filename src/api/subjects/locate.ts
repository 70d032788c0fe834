/** Finds a subject by what is known of it: its latest workflow run and its record. */
import { parseSubjectId, type SubjectRef } from '#domain/core/subject.ts';
import { REMOVE_LEFT_OVER } from '#domain/sweep/sweep.ts';
import type { Operations } from '#temporal/operations.ts';
import type { OperationRun } from '#temporal/run.ts';
import type { ApiKind, KindRules, Locate, Located } from './kind.ts';

export interface LocateParts<Kind extends ApiKind> {
  readonly rules: Pick<KindRules<Kind>, 'kind' | 'makes' | 'userOf' | 'userOfRun'>;
  readonly operations: Pick<Operations<Kind>, 'describe'>;
  readonly records: { read(subject: SubjectRef): Promise<{ readonly record: Kind['record'] } | undefined> };
  /** H: others' subjects are not for this API. */
  readonly environment: string;
}

export const createLocate = <Kind extends ApiKind>(parts: LocateParts<Kind>): Locate<Kind> => {
  const { rules, operations, records, environment } = parts;

  /** It runs, or ended before it could open a record. Other runs without one are of a forgotten subject. */
  const isWorthShowing = ({ running, type, status }: OperationRun<Kind>): boolean =>
    running || (type === rules.makes && status !== 'COMPLETED');

  const known = ({ record, run, ...rest }: Omit<Located<Kind>, 'user'>): Located<Kind> | undefined => {
    if (!record) {
      return run && isWorthShowing(run) ? { ...rest, record, run, user: rules.userOfRun(run.memo) } : undefined;
    }
    const user = rules.userOf(record);
    // Escaping is not one-to-one: a run for another user of the same escaped name will end in Conflict and is not shown.
    const ours = run && rules.userOfRun(run.memo) === user ? run : undefined;
    return { ...rest, record, run: ours, user };
  };

  /** A sweep holds the id of what it takes the last of away: that is no operation of it. */
  const describe = async (subject: SubjectRef) => {
    const run = await operations.describe(subject);
    return run?.type === REMOVE_LEFT_OVER ? undefined : run;
  };

  return async (id) => {
    const subject = parseSubjectId(rules.kind, id);
    if (!subject || subject.environment !== environment) return undefined;
    // In this order: a run that has ended wrote its record before, so a record read afterwards is not older.
    let run = await describe(subject);
    const record = (await records.read(subject))?.record;
    if (record?.operation && !run?.running && record.operation.runId !== run?.runId) {
      // An operation began between the two reads, or its run was lost: only a second look can tell.
      run = await describe(subject);
    }
    return known({ id, subject, record, run });
  };
};
