/** What `eyrie bootstrap` would make, and what it has made, for people. */
import type { Applied } from '#bootstrap/apply.ts';
import type { BootstrapPlan, RolePlan } from '#bootstrap/plan.ts';

export const renderBootstrapPlan = ({ account, roles, controlBucket }: BootstrapPlan): string =>
  [
    `# account ${account.accountId}, ${account.region}`,
    ...roles.flatMap(renderRole),
    ...(controlBucket
      ? [
          '',
          `## bucket ${controlBucket.name}`,
          'private, encrypted, without versions; claims/, intents/, starts/ and task-requests/ expire after 30 days',
          ...document('policy', controlBucket.policy),
        ]
      : []),
  ].join('\n');

const renderRole = ({ name, path, trust, policies, permissionsBoundary }: RolePlan): string[] => [
  '',
  `## role ${path}${name}`,
  ...(permissionsBoundary === undefined ? [] : [`permissions boundary ${permissionsBoundary}`]),
  ...(trust ? document('trust', trust) : ['trust: as it is; --trust says who may enter it']),
  ...Object.entries(policies).flatMap(([policy, value]) => document(`policy ${policy}`, value)),
];

const document = (title: string, value: object): string[] => ['', `### ${title}`, JSON.stringify(value, null, 2)];

const WIDTH = 'unchanged'.length;

export const renderApplied = ({ type, name, outcome, calls }: Applied): string => {
  const count = Map.groupBy(calls, (call) => call);
  const how = [...count].map(([call, all]) => (all.length > 1 ? `${call} ×${all.length}` : call)).join(', ');
  return `${outcome.padEnd(WIDTH)}  ${type.padEnd(23)}  ${name}${how ? `  (${how})` : ''}`;
};
