/** What a create would make, step by step, and what each step waits for. Pure: from the plan that the create works by. */
import type { PlannedDocument, PlannedStep, PlannedThing } from '../core/plan-view.ts';
import type { RoleSpec } from '../resources/identity.ts';
import type { ComputeInput } from './input.ts';
import { type Pool, poolsOf } from './pools.ts';
import type { ComputePlan } from './specs.ts';

export interface ComputePlannedStep extends PlannedStep {
  /** Steps that it waits for. */
  readonly after: readonly string[];
}

type Spec = { readonly name: string };

const thing = (type: string, { name }: Spec): PlannedThing => ({ type: `AWS::${type}`, name });

const step = (name: string, after: readonly string[], makes: readonly PlannedThing[] = []): ComputePlannedStep => ({
  name,
  after,
  makes,
});

const ROLES = ['service-role', 'fleet-role', 'execution-role', 'head-role', 'job-role'] as const;

export const outlineCompute = (input: ComputeInput, plan: ComputePlan): readonly ComputePlannedStep[] => {
  // A tenant needs no places.
  const slots = [plan['reserve-slots'] ? 'reserve-slots' : 'preflight'];
  const systems = (['efs', 'lustre'] as const).filter((name) => plan[name] !== null);
  const steps = [
    step('preflight', []),
    ...only(plan['reserve-slots'], () => step('reserve-slots', ['preflight'])),
    ...only(plan['log-group'], (group) => step('log-group', slots, [thing('Logs::LogGroup', group)])),
    ...ROLES.flatMap((name) => only(plan[name], (role) => step(name, slots, [thing('IAM::Role', role)]))),
    ...only(plan['instance-role'], ({ role, profile }) =>
      step('instance-role', slots, [thing('IAM::Role', role), thing('IAM::InstanceProfile', profile)]),
    ),
    ...only(plan.efs, ({ fileSystem, securityGroup }) =>
      step('efs', slots, [thing('EC2::SecurityGroup', securityGroup), thing('EFS::FileSystem', fileSystem)]),
    ),
    ...only(plan.lustre, ({ fileSystem, securityGroup }) =>
      step('lustre', slots, [thing('EC2::SecurityGroup', securityGroup), thing('FSx::FileSystem', fileSystem)]),
    ),
    ...only(plan['scheduling-policy'], (policy) =>
      step('scheduling-policy', slots, [thing('Batch::SchedulingPolicy', policy)]),
    ),
    ...only(plan['launch-template'], (template) =>
      step('launch-template', [...slots, ...systems], [thing('EC2::LaunchTemplate', template)]),
    ),
    ...poolsOf(input).flatMap((pool) => outlinePool(pool, plan)),
  ];
  return [...steps, step('publish', lastOf(steps))];
};

const outlinePool = ({ name, type, environment, queue }: Pool, plan: ComputePlan): ComputePlannedStep[] => {
  const made = (names: readonly (keyof ComputePlan)[]) => names.filter((one) => plan[one] !== null).map(String);
  const needs =
    type === 'FARGATE'
      ? ['reserve-slots', ...made(['service-role'])]
      : ['launch-template', 'instance-role', ...made(['service-role', 'fleet-role'])];
  const own =
    environment === null
      ? []
      : [
          step(`compute-environment-${name}`, needs, [thing('Batch::ComputeEnvironment', { name: environment })]),
          step(
            `job-queue-${name}`,
            [`compute-environment-${name}`, ...made(['scheduling-policy'])],
            [thing('Batch::JobQueue', { name: queue })],
          ),
        ];
  const proved = own.length > 0 ? `job-queue-${name}` : 'preflight';
  return [
    ...own,
    ...only(plan[`canary-${name}`], (canary) =>
      step(
        `canary-${name}`,
        [proved, ...made(['execution-role', 'job-role', 'log-group'])],
        [thing('Batch::JobDefinition', canary)],
      ),
    ),
  ];
};

const only = <T>(value: T | null | undefined, show: (value: T) => ComputePlannedStep): ComputePlannedStep[] =>
  value === null || value === undefined ? [] : [show(value)];

/** Those that no other one waits for. */
const lastOf = (steps: readonly ComputePlannedStep[]): string[] => {
  const awaited = new Set(steps.flatMap(({ after }) => after));
  return steps.map(({ name }) => name).filter((name) => !awaited.has(name));
};

/** What would be written into IAM. */
export const computeDocuments = (plan: ComputePlan): readonly PlannedDocument[] =>
  [plan['instance-role']?.role, ...ROLES.map((name) => plan[name])].flatMap((role) => (role ? documentsOf(role) : []));

const documentsOf = ({ name, trust, inline = {} }: RoleSpec): PlannedDocument[] => [
  { name, kind: 'trust', document: JSON.parse(trust) },
  ...Object.entries(inline).map(
    ([policy, text]): PlannedDocument => ({
      name: `${name}/${policy}`,
      kind: 'permissions',
      document: JSON.parse(text),
    }),
  ),
];
