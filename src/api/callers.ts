/** Who may call which route, by operation id: what the document tells, and what the tests try with every caller. */
import { type Principal, RIGHTS } from './principal.ts';

export type Callers = Readonly<Record<Principal['kind'], 'own' | 'any' | 'no'>>;

const ANYBODY = { user: 'any', service: 'any', operator: 'any' } as const;
/** Storage goes by the `sub` of a token, which a service client has none of. */
const PERSONS = { user: 'own', service: 'no', operator: 'own' } as const;
const TASKS = { user: 'own', service: 'no', operator: 'any' } as const;

/** Not here: routes that need no token of the issuer's. */
const CALLERS: Readonly<Record<string, Callers>> = {
  launchWorkspace: RIGHTS.launch,
  planWorkspace: RIGHTS.launch,
  listWorkspaces: RIGHTS.read,
  showWorkspace: RIGHTS.read,
  followWorkspace: RIGHTS.read,
  claimCredentials: RIGHTS.claim,
  showNextflowConfig: RIGHTS.read,
  terminateWorkspace: RIGHTS.terminate,
  rotateWorkspace: RIGHTS.rotate,
  retryWorkspace: RIGHTS.retry,
  abandonStep: RIGHTS.abandonStep,
  hatcheryLaunch: RIGHTS.hatcheryLaunch,
  hatcheryTerminate: RIGHTS.terminate,
  hatcheryExpected: RIGHTS.hatcheryExpected,
  hatcheryNextflowConfig: RIGHTS.read,
  listSchedules: RIGHTS.schedules,
  runSchedule: RIGHTS.schedules,
  pauseSchedule: RIGHTS.schedules,
  resumeSchedule: RIGHTS.schedules,
  startSweep: RIGHTS.sweeps,
  showLatestSweep: RIGHTS.sweeps,
  listKeyHolders: RIGHTS.seeKeyHolders,
  showKeyHolder: RIGHTS.seeKeyHolders,
  removeKeyHolder: RIGHTS.removeKeyHolders,
  listStorage: RIGHTS.read,
  showStorage: RIGHTS.read,
  followStorage: RIGHTS.read,
  emptyStorage: RIGHTS.removeStorage,
  deleteStorage: RIGHTS.removeStorage,
  retryStorage: RIGHTS.retry,
  abandonStorageStep: RIGHTS.abandonStep,
  createStorageSession: PERSONS,
  revokeStorageSessions: { user: 'own', service: 'no', operator: 'any' },
  setUpStorage: PERSONS,
  showOwnStorage: PERSONS,
  emptyUserBucket: PERSONS,
  deleteUserBucket: PERSONS,
  getStorageNextflowConfig: PERSONS,
  getContainerCredentials: PERSONS,
  createUserKey: PERSONS,
  listUserKeys: PERSONS,
  deleteUserKey: PERSONS,
  tesServiceInfo: ANYBODY,
  tesCreateTask: PERSONS,
  tesListTasks: TASKS,
  tesGetTask: TASKS,
  tesCancelTask: TASKS,
};

/** All that a client can reach that `compute.clients` alone names. */
export const COMPUTE_PATHS = /^\/(v1\/compute-environments|seqera)(\/|$)/;

/** @returns undefined where no token of the issuer's is asked for. */
export const callersOf = (path: string, operationId: string): Callers | undefined =>
  COMPUTE_PATHS.test(path) ? RIGHTS.compute : CALLERS[operationId];

const WHOSE = { own: ' about what is theirs', any: '', no: '' } as const;
const NAMES = { user: 'users', service: 'service clients', operator: 'operators' } as const;

/** For example: For users about what is theirs, service clients and operators. */
export const renderCallers = (callers: Callers): string => {
  const who = (['user', 'service', 'operator'] as const)
    .filter((kind) => callers[kind] !== 'no')
    .map((kind) => `${NAMES[kind]}${WHOSE[callers[kind]]}`);
  return `For ${who.slice(0, -1).join(', ')}${who.length > 1 ? ' and ' : ''}${who.at(-1)}.`;
};
