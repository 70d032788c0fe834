/** Whatever the API can do can be done from the command line, or it is said why not. */
import { expect, test } from 'vitest';
import { type ApiDocument, createDocument } from '#api/document.ts';
import { apiRig } from '../api/rig.ts';
import { eyrie, play } from './run-cli.ts';

const ID = 'localhost.x';

/** By operation id: what is typed, and asks the API for it. */
const VERBS: Readonly<Record<string, string>> = {
  launchWorkspace: 'launch --profile p --no-wait',
  planWorkspace: 'plan --profile p',
  listWorkspaces: 'list',
  showWorkspace: `status ${ID}`,
  followWorkspace: `watch ${ID}`,
  claimCredentials: `credentials ${ID}`,
  showNextflowConfig: `nextflow-config ${ID}`,
  terminateWorkspace: `terminate ${ID} --no-wait`,
  rotateWorkspace: `rotate ${ID} --no-wait`,
  retryWorkspace: `retry ${ID} --no-wait`,
  abandonStep: `abandon-step ${ID} network --reason why --no-wait`,
  createComputeEnvironment: 'compute create -f FILE --no-wait',
  planComputeEnvironment: 'compute plan -f FILE',
  listComputeEnvironments: 'compute list',
  showComputeEnvironment: `compute show ${ID}`,
  showComputeEnvironmentByAlias: 'compute show genomes',
  followComputeEnvironment: `compute watch ${ID}`,
  updateComputeEnvironment: `compute update ${ID} -f FILE --no-wait`,
  disposeComputeEnvironment: `compute dispose ${ID} --no-wait`,
  enableComputeEnvironment: `compute enable ${ID}`,
  disableComputeEnvironment: `compute disable ${ID}`,
  makeComputeEnvironmentPrimary: `compute primary ${ID}`,
  validateComputeEnvironment: `compute validate ${ID} --no-wait`,
  retryComputeEnvironment: `compute retry ${ID} --no-wait`,
  abandonComputeEnvironmentStep: `compute abandon-step ${ID} efs --reason why --no-wait`,
  exportComputeEnvironment: `compute export ${ID}`,
  showComputeNextflowConfig: `compute nextflow-config ${ID}`,
  showComputePolicies: `compute policies ${ID}`,
  setUpStorage: 'storage setup --no-wait',
  showOwnStorage: 'storage info',
  createStorageSession: 'storage credentials',
  revokeStorageSessions: 'storage revoke-sessions',
  getStorageNextflowConfig: 'storage nextflow-config',
  emptyUserBucket: 'storage empty --own --no-wait',
  deleteUserBucket: 'storage delete --own --no-wait',
  createUserKey: 'storage credentials --key',
  listUserKeys: 'storage keys',
  deleteUserKey: 'storage delete-key AKIAX',
  listStorage: 'storage list',
  showStorage: `storage show ${ID}`,
  followStorage: `storage watch ${ID}`,
  emptyStorage: `storage empty ${ID} --no-wait`,
  deleteStorage: `storage delete ${ID} --no-wait`,
  retryStorage: `storage retry ${ID} --no-wait`,
  abandonStorageStep: `storage abandon-step ${ID} bucket --reason why --no-wait`,
  listKeyHolders: 'keys list',
  showKeyHolder: `keys show ${ID}`,
  removeKeyHolder: `keys remove ${ID}`,
  tesListTasks: 'tasks list',
  tesGetTask: 'tasks show c0ffee',
  tesCreateTask: 'tasks create -f FILE',
  tesCancelTask: 'tasks cancel c0ffee',
  listSchedules: 'schedules list',
  pauseSchedule: 'schedules pause sweep',
  resumeSchedule: 'schedules resume sweep',
  runSchedule: 'schedules run sweep',
  startSweep: 'sweep',
  showLatestSweep: 'sweep --latest',
};

/** What programs ask for, with the reason why nobody types it. */
const WITHOUT: readonly (readonly [operations: RegExp, why: string])[] = [
  [/^hatchery/, "Hatchery's three functions: people launch, terminate and read the same by the verbs of workspaces"],
  [/^seqera/, "for Seqera's own command line, with the verbs of compute environments behind it"],
  [/^get(Workspace|Container)Credentials$/, 'an AWS SDK asks for them, with a token that nobody has in a hand'],
  [/^tesServiceInfo$/, 'for clients of TES, which learn from it how to speak'],
  [
    /^show(Liveness|Readiness|Version|Status|Metrics)$/,
    'for load balancers and Prometheus; eyrie doctor looks at them',
  ],
];

const whyNot = (operationId: string): string | undefined => WITHOUT.find(([which]) => which.test(operationId))?.[1];

const document: ApiDocument = createDocument(apiRig({ storage: {} as never }).app, '0', 'http://localhost');
const ROUTES = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, { operationId }]) => ({ operationId, method: method.toUpperCase(), path })),
);

test('every operation of the document has a verb, or a reason why not, and no other has', () => {
  const ids = ROUTES.map(({ operationId }) => operationId);
  expect(ids.filter((id) => (VERBS[id] !== undefined) === (whyNot(id) !== undefined))).toEqual([]);
  expect(Object.keys(VERBS).filter((id) => !ids.includes(id))).toEqual([]);
  expect(WITHOUT.filter(([which]) => !ids.some((id) => which.test(id)))).toEqual([]);
});

/** Enough of an answer for any first question; what is asked afterwards may find nothing. */
const ANSWER = {
  id: ID,
  user: 'x',
  items: [],
  nextCursor: null,
  tasks: [],
  state: 'ready',
  run: null,
  report: null,
  documents: [],
};

test.each(ROUTES.filter(({ operationId }) => VERBS[operationId]))(
  '$operationId: $method $path is asked for',
  async ({ operationId, method, path }) => {
    const asked: string[] = [];
    const url = await play((request, response) => {
      const [at = ''] = request.url?.split('?') ?? [];
      asked.push(`${request.method} ${at}`);
      const missing = operationId === 'showComputeEnvironmentByAlias' && at.endsWith('/genomes');
      if (at.endsWith('/events')) response.end('event: end\ndata: {}\n\n');
      else response.writeHead(missing ? 404 : 200).end(JSON.stringify(ANSWER));
    });
    const words = (VERBS[operationId] ?? '').replace('FILE', 'package.json').split(' ');
    await eyrie(...words, '--api', url, '--token', 't');
    const wanted = new RegExp(`^${method} ${path.replace(/[.:]/g, '\\$&').replace(/\{\w+\}/g, '[^/]+')}$`);
    expect(
      asked.some((one) => wanted.test(one)),
      asked.join(', '),
    ).toBe(true);
  },
);
