/**
 * Who else works on the namespace. Environments keep apart by themselves; the same environment with another control
 * bucket has the same workflow ids, so one of the two waits for the other, or fails.
 */
import type { Client } from '@temporalio/client';
import { errorText } from '#domain/core/error-text.ts';
import { type Installation, parseTaskQueue, taskQueueOf } from '#domain/core/installation.ts';
import { SEARCH_ATTRIBUTES } from '#domain/core/wire-names.ts';
import { environmentOfWorkflow } from '#domain/core/workflow-ids.ts';
import { type Finding, sayingOf } from './finding.ts';

const { ok, problem, unknown } = sayingOf('temporal');

/** Told by name; so many show what is the matter. */
const TOLD_MAX = 5;

/** What was seen on the namespace. */
export interface Neighbourhood {
  /** Work of this environment that runs elsewhere: by workflow id, on which task queue. */
  readonly elsewhere: readonly { readonly workflowId: string; readonly taskQueue: string }[];
  /** Ids of work that runs here and is another environment's. */
  readonly strays: readonly string[];
  /** Of all installations. */
  readonly scheduleIds: readonly string[];
}

export const checkNeighbours = async (client: Client, installation: Installation): Promise<readonly Finding[]> => {
  try {
    return neighboursOf(await look(client, installation), installation);
  } catch (error) {
    return [unknown('neighbours', errorText(error))];
  }
};

const look = async (client: Client, installation: Installation): Promise<Neighbourhood> => {
  const own = taskQueueOf(installation);
  const running = `ExecutionStatus = 'Running' AND`;
  const elsewhere: { workflowId: string; taskQueue: string }[] = [];
  const theirs = `${SEARCH_ATTRIBUTES.environment} = '${installation.environment}' AND TaskQueue != '${own}'`;
  for await (const { workflowId, taskQueue } of client.workflow.list({ query: `${running} ${theirs}` })) {
    elsewhere.push({ workflowId, taskQueue });
    if (elsewhere.length > TOLD_MAX) break;
  }
  const strays: string[] = [];
  for await (const { workflowId } of client.workflow.list({ query: `${running} TaskQueue = '${own}'` })) {
    if (environmentOfWorkflow(workflowId) !== installation.environment) strays.push(workflowId);
    if (strays.length > TOLD_MAX) break;
  }
  const scheduleIds: string[] = [];
  for await (const { scheduleId } of client.schedule.list()) scheduleIds.push(scheduleId);
  return { elsewhere, strays, scheduleIds };
};

const told = (all: readonly string[]): string => {
  const unique = [...new Set(all)];
  return unique.length > TOLD_MAX ? `${unique.slice(0, TOLD_MAX).join(', ')} and more` : unique.join(', ');
};

export const neighboursOf = (
  { elsewhere, strays, scheduleIds }: Neighbourhood,
  installation: Installation,
): readonly Finding[] => {
  const { environment, controlBucket } = installation;
  const others = scheduleIds.flatMap((id) => parseTaskQueue(id) ?? []);
  const twins = others.filter((one) => one.environment === environment && one.controlBucket !== controlBucket);
  const apart = new Set(others.map((one) => one.environment).filter((one) => one !== environment));
  const findings = [
    ...(twins.length > 0
      ? [
          problem(
            'neighbours',
            `${environment} has schedules with another control bucket, too: ${told(twins.map((one) => one.controlBucket))}`,
            'two installations of one environment need two namespaces; after a move to another bucket, delete the schedules of the former one',
          ),
        ]
      : []),
    ...(elsewhere.length > 0
      ? [
          problem(
            'neighbours',
            `work of ${environment} runs on other task queues: ${told(elsewhere.map((one) => `${one.workflowId} on ${one.taskQueue}`))}`,
            'let its workers end it, or, where they are gone for good, terminate it in Temporal (docs/operations/operations.md)',
          ),
        ]
      : []),
    ...(strays.length > 0
      ? [
          problem(
            'neighbours',
            `work of other environments waits on this one's task queue: ${told(strays)}`,
            'whoever started it has another configuration: start a worker of its environment with the control bucket of this one, or terminate it',
          ),
        ]
      : []),
  ];
  if (findings.length > 0) return findings;
  return [ok('neighbours', apart.size === 0 ? 'nobody else has schedules here' : `apart from ${told([...apart])}`)];
};
