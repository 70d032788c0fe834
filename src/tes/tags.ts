/** The tags that Eyrie sets: whose task it is, and what a TES server of Gen3 schedules it by. */

import type { TesTags } from './model.ts';
import { TesProblem } from './problem.ts';

/** Says whose task it is; the id is not known yet when the task is made. */
export const AUTHZ_TAG = '_AUTHZ';
/** By which a task is found whose id was lost on the way. */
export const REQUEST_TAG = '_EYRIE_REQUEST';
const WORKER_ROLE_TAG = '_FUNNEL_WORKER_ROLE_ARN';
const WORKER_ACCOUNT_TAG = '_WORKER_SA';
const NODE_SELECTOR_TAG = '_NODE_SELECTOR';
const TOLERATIONS_TAG = '_TOLERATIONS';
const PULL_POLICY_TAG = '_IMAGE_PULL_POLICY';

const RESERVED: ReadonlySet<string> = new Set(
  [AUTHZ_TAG, REQUEST_TAG, WORKER_ROLE_TAG, WORKER_ACCOUNT_TAG, NODE_SELECTOR_TAG, TOLERATIONS_TAG].map((tag) =>
    tag.toLowerCase(),
  ),
);

/** In any case, and in any characters that some server might take for the same. */
export const isReservedTag = (name: string): boolean =>
  RESERVED.has(
    name
      .normalize('NFKC')
      .replace(/[\p{Cf}\p{Cc}\p{White_Space}]/gu, '')
      .toLowerCase(),
  );

const TASKS = '/services/workflow/gen3-workflow/tasks';
const TASK_ID_PLACEHOLDER = 'TASK_ID_PLACEHOLDER';

/** Arborist's resource for creating tasks; `read` on it means: everybody's. */
export const TASKS_RESOURCE = TASKS;

/** One segment of a resource path: user ids of Gen3 stand as they are, and no other can spell out somebody else's path. */
const segment = (text: string): string =>
  encodeURIComponent(text).replaceAll('.', (_dot, at) => (at === 0 ? '%2E' : '.'));

/** The value of `_AUTHZ` of all tasks of this user. */
export const authzOf = (userId: string): string => `${TASKS}/${segment(userId)}/${TASK_ID_PLACEHOLDER}`;

/** Arborist's resource for one task, from its `_AUTHZ`; undefined where the tag is not one of Eyrie's. */
export const taskResource = (authz: string | undefined, id: string): string | undefined => {
  const at = authz?.endsWith(`/${TASK_ID_PLACEHOLDER}`) ? authz.length - TASK_ID_PLACEHOLDER.length : 0;
  if (at === 0 || !authz?.startsWith(`${TASKS}/`)) return undefined;
  return `${authz.slice(0, at)}${id}`;
};

/** What a caller sees of the tags of their task. */
export const shownTags = (tags: TesTags, id: string): TesTags =>
  Object.fromEntries(
    Object.entries(tags).flatMap(([name, value]) => {
      if (name === AUTHZ_TAG) return [[name, taskResource(value, id) ?? value]];
      return isReservedTag(name) ? [] : [[name, value]];
    }),
  );

const PULL_POLICIES = ['Always', 'IfNotPresent'];
const TRUE_WORDS = new Set(['yes', 'y', 'true', 't', '1']);

/** What is set on the tasks of a deployment, besides whose they are. */
export interface TagRules {
  /** Node selector and tolerations of Gen3's clusters. */
  readonly nodeScheduling: boolean;
  /** Role and service account of this user's workers; undefined: none are named. */
  readonly workerOf?: ((userId: string) => { readonly roleArn: string; readonly serviceAccount: string }) | undefined;
}

/** @throws TesProblem with 400 for names that are Eyrie's to set, and for an unknown pull policy. */
export const tagsFor = (given: TesTags, userId: string, requestId: string, rules: TagRules): TesTags => {
  const clashes = Object.keys(given).filter(isReservedTag);
  if (clashes.length > 0)
    throw new TesProblem(
      'Invalid',
      `these tags are reserved: ${clashes.map((name) => JSON.stringify(name)).join(', ')}`,
      {
        status: 400,
        errors: clashes.map((name) => ({ pointer: `/tags/${pointerOf(name)}`, detail: 'the name is reserved' })),
      },
    );
  const worker = rules.workerOf?.(userId);
  const tags = {
    ...given,
    ...pullPolicyOf(given),
    [AUTHZ_TAG]: authzOf(userId),
    [REQUEST_TAG]: requestId,
    ...(worker && { [WORKER_ROLE_TAG]: worker.roleArn, [WORKER_ACCOUNT_TAG]: worker.serviceAccount }),
    ...(rules.nodeScheduling && schedulingOf(given)),
  };
  return Object.fromEntries(Object.entries(tags).sort(([one], [other]) => (one < other ? -1 : 1)));
};

const pointerOf = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1');

const pullPolicyOf = (given: TesTags): TesTags => {
  const policy = given[PULL_POLICY_TAG] ?? given[PULL_POLICY_TAG.toLowerCase()];
  if (!policy) return {};
  if (!PULL_POLICIES.includes(policy))
    throw new TesProblem('Invalid', `${PULL_POLICY_TAG} must be one of ${PULL_POLICIES.join(', ')}`, { status: 400 });
  return { [PULL_POLICY_TAG]: policy };
};

/** @see https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/ */
const schedulingOf = (given: TesTags): TesTags =>
  TRUE_WORDS.has((given._GPU ?? given._gpu ?? '').toLowerCase())
    ? {
        [NODE_SELECTOR_TAG]: 'role:gpu',
        [TOLERATIONS_TAG]: 'Key:nvidia.com/gpu,Operator:Equal,Value:present,Effect:NoSchedule',
      }
    : {
        [NODE_SELECTOR_TAG]: 'role:workflow',
        [TOLERATIONS_TAG]: 'Key:role,Operator:Equal,Value:workflow,Effect:NoSchedule',
      };
