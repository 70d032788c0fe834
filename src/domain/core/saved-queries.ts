/**
 * What operators look for in Temporal's list of workflows. Only the workflows of a workspace, a storage or a compute
 * environment have a phase: whatever keeps the books (quotas, foundations, schedules, sweeps) never shows up here.
 */
import { SEARCH_ATTRIBUTES } from './wire-names.ts';

const { phase, stuckSince, unwindingSince, errorCode, environment: ofEnvironment } = SEARCH_ATTRIBUTES;

export interface SavedQuery {
  readonly name: string;
  /** What it finds, in words. */
  readonly finds: string;
  readonly query: string;
}

const RUNNING = 'ExecutionStatus = "Running"';

export const SAVED_QUERIES: readonly SavedQuery[] = [
  { name: 'in-progress', finds: 'whatever is under way', query: `${phase} IS NOT NULL AND ${RUNNING}` },
  { name: 'stuck', finds: 'a step takes longer than it should', query: `${stuckSince} IS NOT NULL AND ${RUNNING}` },
  {
    name: 'unwinding',
    finds: 'something failed, and what was made is being taken back',
    query: `${unwindingSince} IS NOT NULL AND ${RUNNING}`,
  },
  { name: 'failed', finds: 'ended with a failure', query: `${phase} IS NOT NULL AND ExecutionStatus = "Failed"` },
  {
    name: 'left-over',
    finds: 'ended, and could not remove everything',
    query: `${errorCode} = "CompensationIncomplete" AND ExecutionStatus = "Failed"`,
  },
  {
    name: 'ended-from-outside',
    finds: 'somebody terminated the workflow: nothing was taken back',
    query: `${phase} IS NOT NULL AND ExecutionStatus IN ("Terminated", "TimedOut")`,
  },
  {
    name: 'unhealthy',
    finds: 'a look at the workspaces that run has found some that are not as they were launched: its details name them',
    query: `${errorCode} IS NOT NULL AND WorkflowType = "watchWorkspaces"`,
  },
];

/** @param environment H, of several that share a namespace */
export const queryOf = ({ query }: SavedQuery, environment?: string): string =>
  environment === undefined ? query : `${ofEnvironment} = "${environment}" AND ${query}`;

export interface UiAddress {
  /** Of Temporal's UI, for example `https://cloud.temporal.io`. */
  readonly ui: string;
  readonly namespace: string;
}

/** The page of Temporal's UI that lists what a query finds. */
export const listUrl = ({ ui, namespace }: UiAddress, query: string): string =>
  `${ui.replace(/\/+$/, '')}/namespaces/${encodeURIComponent(namespace)}/workflows?query=${encodeURIComponent(query)}`;
