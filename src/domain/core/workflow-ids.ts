/** Ids of the workflows that are not a subject's own operation, and which environment a workflow id is of. */
import type { Installation } from './installation.ts';
import { SUBJECT_KINDS, type SubjectRef } from './subject.ts';

export const foundationWorkflowId = (accountId: string, environment: string): string =>
  `foundation/${accountId}/${environment}`;

/** Each environment counts for itself: what another one has made stands in AWS, where all of them look. */
export const quotaWorkflowId = (accountId: string, region: string, environment: string): string =>
  `quota/${accountId}/${region}/${environment}`;

/** AWS gives no access key id twice, so holders of different kinds and the same name stay apart. */
export const retireKeyWorkflowId = ({ environment, name }: SubjectRef, accessKeyId: string): string =>
  `retire-key/${environment}/${name}/${accessKeyId}`;

/** Temporal puts the time of each run behind it. */
export const scheduledWorkflowId = ({ environment, controlBucket }: Installation, scheduleId: string): string =>
  `schedule/${environment}/${controlBucket}/${scheduleId}`;

/** By hand; the schedule's have an id of their own. */
export const sweepWorkflowId = ({ environment, controlBucket }: Installation): string =>
  `sweep/${environment}/${controlBucket}`;

/** Where each kind of workflow id names its environment. */
const ENVIRONMENT_AT: Readonly<Record<string, number>> = {
  ...Object.fromEntries(SUBJECT_KINDS.map((kind) => [kind, 1])),
  'retire-key': 1,
  schedule: 1,
  sweep: 1,
  foundation: 2,
  quota: 3,
};

/** Undefined where the text is no id of one of these kinds. */
export const environmentOfWorkflow = (workflowId: string): string | undefined => {
  const parts = workflowId.split('/');
  const at = Object.hasOwn(ENVIRONMENT_AT, parts[0] ?? '') ? ENVIRONMENT_AT[parts[0] ?? ''] : undefined;
  return (at !== undefined && parts[at]) || undefined;
};
