/** @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsbatch.html */

import type { Call } from '../../core/call.ts';
import type { Check } from '../../core/check.ts';
import { arnOf, listOf, objectOf, type Params, tagContext, tagKeysContext, textOf } from '../../core/params.ts';
import { passRole } from '../../core/pass-role.ts';
import type { ActionsOf } from '../../core/service.ts';
import type { World } from '../../core/world.ts';
import { IAM } from '../iam/contract.ts';
import { passedByBatch, SHARE_OF } from './questions.ts';

type Row = (call: Call, world: World) => Promise<readonly Check[]> | readonly Check[];

const on =
  (type: string, member: string): Row =>
  (call) => [{ action: `batch:${call.operation}`, resource: arnOf(call, type, textOf(call.params, member)) }];

/** Tags given with a create are a batch:TagResource of their own. */
const tagging = (call: Call, resource: string): Check[] => {
  const context = tagContext(call.params.tags);
  return Object.keys(context).length > 0 ? [{ action: 'batch:TagResource', resource, context }] : [];
};

const create = (call: Call, type: string, name: string, context: Check['context'] = {}): Check[] => {
  const resource = arnOf(call, type, name);
  return [
    { action: `batch:${call.operation}`, resource, context: { ...tagContext(call.params.tags), ...context } },
    ...tagging(call, resource),
  ];
};

/** The instances' role is passed by way of its profile; the Batch and Spot roles by themselves. */
const passedRoles = async (call: Call, world: World): Promise<Check[]> => {
  const resources = objectOf(call.params, 'computeResources');
  const profile = textOf(resources, 'instanceRole');
  const serviceRole = textOf(call.params, 'serviceRole');
  const spotRole = textOf(resources, 'spotIamFleetRole');
  const instanceRoles = profile ? await world.service(IAM).rolesOfProfile(call.account, profile) : [];
  const linked = serviceRole.includes('/aws-service-role/');
  return [
    ...instanceRoles.map((role) => passRole(call, role, passedByBatch(world, call, 'ec2.amazonaws.com'))),
    ...(serviceRole && !linked ? [passRole(call, serviceRole, ['batch.amazonaws.com'])] : []),
    ...(spotRole ? [passRole(call, spotRole, passedByBatch(world, call, 'spotfleet.amazonaws.com'))] : []),
  ];
};

/** What a queue is tied to: its environments, and the policy of its shares. */
const tied = (call: Call): Check[] => [
  ...environments(call),
  ...(textOf(call.params, 'schedulingPolicyArn')
    ? [{ action: `batch:${call.operation}`, resource: textOf(call.params, 'schedulingPolicyArn') }]
    : []),
];

const environments = (call: Call): Check[] =>
  listOf(call.params, 'computeEnvironmentOrder').map((entry) => ({
    action: `batch:${call.operation}`,
    resource: arnOf(call, 'compute-environment', textOf(entry as Params, 'computeEnvironment')),
  }));

const registerJobDefinition: Row = (call, world) => {
  const container = objectOf(call.params, 'containerProperties');
  const logs = objectOf(container, 'logConfiguration');
  const optional: [string, unknown][] = [
    ['batch:Image', container.image],
    ['batch:User', container.user],
    ['batch:Privileged', container.privileged],
    ['batch:LogDriver', logs.logDriver],
  ];
  const context = Object.fromEntries(
    optional.filter(([, value]) => value !== undefined).map(([key, value]) => [key, String(value)]),
  );
  const name = textOf(call.params, 'jobDefinitionName');
  const roles = [textOf(container, 'jobRoleArn'), textOf(container, 'executionRoleArn')].filter((role) => role !== '');
  return [
    {
      action: 'batch:RegisterJobDefinition',
      resource: arnOf(call, 'job-definition', name),
      context: { ...context, ...tagContext(call.params.tags) },
    },
    ...tagging(call, arnOf(call, 'job-definition', `${name}:1`)),
    ...[...new Set(roles)].map((role) => passRole(call, role, passedByBatch(world, call, 'ecs-tasks.amazonaws.com'))),
  ];
};

const submitJob: Row = (call, world) => {
  const share = textOf(call.params, 'shareIdentifier');
  const weighed = share ? { 'batch:ShareIdentifier': share } : {};
  const ofJob = world.assumed(call.account, SHARE_OF) === 'job';
  const context = { ...tagContext(call.params.tags), ...(ofJob ? {} : weighed) };
  const on = (resource: string, keys: Check['context'] = context) => ({
    action: 'batch:SubmitJob',
    resource,
    context: keys,
  });
  return [
    on(arnOf(call, 'job-queue', textOf(call.params, 'jobQueue'))),
    on(arnOf(call, 'job-definition', textOf(call.params, 'jobDefinition'))),
    ...(ofJob ? [on(arnOf(call, 'job', '*'), { ...context, ...weighed })] : []),
    ...tagging(call, arnOf(call, 'job', '*')),
  ];
};

const ROWS: Readonly<Record<string, Row>> = {
  CreateComputeEnvironment: async (call, world) => [
    ...create(call, 'compute-environment', textOf(call.params, 'computeEnvironmentName')),
    ...(await passedRoles(call, world)),
  ],
  UpdateComputeEnvironment: async (call, world) => [
    ...(await on('compute-environment', 'computeEnvironment')(call, world)),
    ...(await passedRoles(call, world)),
  ],
  DeleteComputeEnvironment: on('compute-environment', 'computeEnvironment'),
  CreateJobQueue: (call) => [...create(call, 'job-queue', textOf(call.params, 'jobQueueName')), ...tied(call)],
  UpdateJobQueue: async (call, world) => [...(await on('job-queue', 'jobQueue')(call, world)), ...tied(call)],
  DeleteJobQueue: on('job-queue', 'jobQueue'),
  CreateSchedulingPolicy: (call) => create(call, 'scheduling-policy', textOf(call.params, 'name')),
  UpdateSchedulingPolicy: on('scheduling-policy', 'arn'),
  DeleteSchedulingPolicy: on('scheduling-policy', 'arn'),
  GetJobQueueSnapshot: on('job-queue', 'jobQueue'),
  CancelJob: on('job', 'jobId'),
  TerminateJob: on('job', 'jobId'),
  SubmitJob: submitJob,
  RegisterJobDefinition: registerJobDefinition,
  DeregisterJobDefinition: on('job-definition', 'jobDefinition'),
  TagResource: (call) => [
    {
      action: 'batch:TagResource',
      resource: textOf(call.params, 'resourceArn'),
      context: tagContext(call.params.tags),
    },
  ],
  UntagResource: (call) => [
    {
      action: 'batch:UntagResource',
      resource: textOf(call.params, 'resourceArn'),
      context: tagKeysContext(listOf(call.params, 'tagKeys')),
    },
  ],
  ListTagsForResource: (call) => [
    { action: 'batch:ListTagsForResource', resource: textOf(call.params, 'resourceArn') },
  ],
};

export const batchActions: ActionsOf = (call, world) => ROWS[call.operation]?.(call, world);
