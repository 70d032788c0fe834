/** What is known of subjects, asked for when it is needed: their records, and whether something goes on with them. */
import { anyRecords } from '#domain/core/record.ts';
import { type SubjectRef, subjectWorkflowId } from '#domain/core/subject.ts';
import { foundationWorkflowId, retireKeyWorkflowId } from '#domain/core/workflow-ids.ts';
import type { SubjectState } from '#domain/sweep/judge.ts';
import { hasEnded, keysIn, type SweptRecord } from '#domain/sweep/records.ts';
import { describeRun } from '../account/own-queue.ts';
import type { ActivityDeps } from '../deps.ts';

export type StateDeps = Pick<ActivityDeps, 'control' | 'temporal'>;

const AT_ONCE = 16;

const IDLE: Omit<SubjectState, 'record'> = { since: null, busy: false, standing: false, keys: [] };

const stateOfRecord = (record: SweptRecord | undefined): SubjectState => {
  if (!record) return { ...IDLE, record: 'none' };
  if (hasEnded(record)) return { ...IDLE, record: 'ended', since: record.disposedAt ?? record.updatedAt };
  return { ...IDLE, record: 'there', keys: keysIn(record) };
};

/** By workflow id, of each subject once. */
export const statesOf = async (
  { control }: Pick<StateDeps, 'control'>,
  subjects: readonly SubjectRef[],
): Promise<ReadonlyMap<string, SubjectState>> => {
  const wanted = [...new Map(subjects.map((subject) => [subjectWorkflowId(subject), subject]))];
  const states = new Map<string, SubjectState>();
  for (let from = 0; from < wanted.length; from += AT_ONCE) {
    const read = wanted.slice(from, from + AT_ONCE).map(async ([id, subject]) => {
      const stored = await control.records(anyRecords(subject.kind)).read(subject);
      states.set(id, stateOfRecord(stored?.record as SweptRecord | undefined));
    });
    await Promise.all(read);
  }
  return states;
};

type Run = Awaited<ReturnType<typeof describeRun>>;

const runs = (run: Run): boolean => run?.status.name === 'RUNNING' || run?.status.name === 'PAUSED';

const isRunning = async ({ temporal }: StateDeps, workflowId: string): Promise<boolean> =>
  runs(await describeRun(temporal, workflowId));

export const isBusy = (deps: StateDeps, subject: SubjectRef): Promise<boolean> =>
  isRunning(deps, subjectWorkflowId(subject));

/** Operations after which there is something; of a key holder one workflow does all, and it may hold keys that are in use. */
const MAKERS = [
  ...['launchWorkspace', 'rotateKeys', 'setUpStorage', 'keyHolder'],
  ...['createComputeEnvironment', 'updateComputeEnvironment', 'refreshImages', 'validateComputeEnvironment'],
];

/** What Temporal knows of a subject, for as long as it keeps closed workflows. */
export const operationOf = async (
  { temporal }: StateDeps,
  subject: SubjectRef,
): Promise<Pick<SubjectState, 'busy' | 'standing'>> => {
  const run = await describeRun(temporal, subjectWorkflowId(subject));
  return { busy: runs(run), standing: run?.status.name === 'COMPLETED' && MAKERS.includes(run.type) };
};

/** Of a subject without a record: neither goes anything on with it, nor is it the record that is lost. */
export const isNobodys = async (deps: StateDeps, subject: SubjectRef): Promise<boolean> => {
  const { busy, standing } = await operationOf(deps, subject);
  return !busy && !standing;
};

/** Its end is planned already, at a time when nobody uses it any more. */
export const isRetiring = (deps: StateDeps, subject: SubjectRef, accessKeyId: string): Promise<boolean> =>
  isRunning(deps, retireKeyWorkflowId(subject, accessKeyId));

/** What all share in an account is being made. */
export const isFoundationBusy = (deps: StateDeps, accountId: string, environment: string): Promise<boolean> =>
  isRunning(deps, foundationWorkflowId(accountId, environment));
