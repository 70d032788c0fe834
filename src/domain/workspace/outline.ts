/** What a launch would make, step by step. Pure: from the same plan that the launch works by. */
import type { PlannedDocument, PlannedStep, PlannedThing } from '../core/plan-view.ts';
import { KMS_KEY_PLACEHOLDER } from '../resources/policy-document.ts';
import type { CredentialForm } from './credentials.ts';
import type { Egress } from './egress.ts';
import type { NetworkSpec, WorkspacePlan } from './specs.ts';

type StepName = keyof WorkspacePlan | 'publish';

const thing = (type: string, { name }: { readonly name: string }): PlannedThing => ({ type: `AWS::${type}`, name });

const networkOf = ({ egress, ...network }: NetworkSpec): PlannedThing[] => {
  const isPublic = egress !== 'none';
  return [
    thing('EC2::VPC', network.vpc),
    ...network.jobSubnets.map((subnet) => thing('EC2::Subnet', subnet)),
    thing('EC2::RouteTable', network.jobRouteTable),
    ...network.gatewayEndpoints.map((endpoint) => thing('EC2::VPCEndpoint', endpoint)),
    ...(isPublic
      ? [
          thing('EC2::InternetGateway', network.gateway),
          thing('EC2::Subnet', network.firewallSubnet),
          thing('EC2::RouteTable', network.firewallRouteTable),
        ]
      : []),
  ];
};

/** In the order in which operators read them. */
const MAKES: { readonly [Name in StepName]: (plan: WorkspacePlan) => readonly PlannedThing[] } = {
  preflight: () => [],
  'reserve-slots': () => [],
  foundation: ({ foundation: { instanceProfile, kmsKey, bucket } }) => [
    thing('IAM::Role', instanceProfile),
    thing('IAM::InstanceProfile', instanceProfile),
    thing('KMS::Key', kmsKey),
    thing('S3::Bucket', bucket),
  ],
  network: ({ network }) => networkOf(network),
  squid: ({ squid: { securityGroup, instance } }) => [
    thing('EC2::SecurityGroup', securityGroup),
    thing('EC2::Instance', instance),
    // EC2 makes them with it.
    thing('EC2::NetworkInterface', instance),
    thing('EC2::Volume', instance),
  ],
  'nat-gateway': (plan) => [
    thing('EC2::EIP', plan['nat-gateway'].address),
    thing('EC2::NatGateway', plan['nat-gateway'].gateway),
  ],
  'service-endpoints': (plan) =>
    plan['service-endpoints'].endpoints.map((endpoint) => thing('EC2::VPCEndpoint', endpoint)),
  'launch-template': (plan) => [thing('EC2::LaunchTemplate', plan['launch-template'])],
  'compute-environment': (plan) => [thing('Batch::ComputeEnvironment', plan['compute-environment'])],
  'job-queue': (plan) => [thing('Batch::JobQueue', plan['job-queue'])],
  'jobs-role': (plan) => [
    thing('IAM::ManagedPolicy', plan['jobs-role'].policy),
    thing('IAM::Role', plan['jobs-role'].role),
  ],
  'client-user': (plan) => [
    thing('IAM::ManagedPolicy', plan['client-user'].policy),
    thing('IAM::User', plan['client-user'].user),
  ],
  'client-role': (plan) => [thing('IAM::Role', plan['client-role'].role)],
  'access-key': (plan) => [{ type: 'AWS::IAM::AccessKey', name: plan['access-key'].userName }],
  publish: () => [],
};

const WAYS_OUT: Readonly<Partial<Record<StepName, Egress>>> = {
  squid: 'proxy',
  'nat-gateway': 'nat',
  'service-endpoints': 'none',
};

const NOT_OF_FORM: Readonly<Partial<Record<StepName, CredentialForm>>> = {
  'client-role': 'key',
  'access-key': 'refreshing',
};

/** Without the ways out that it does not take, and the access that nobody is given. */
export const outlineLaunch = (plan: WorkspacePlan, form: CredentialForm): PlannedStep[] =>
  (Object.keys(MAKES) as StepName[])
    .filter((name) => (WAYS_OUT[name] ?? plan.network.egress) === plan.network.egress && NOT_OF_FORM[name] !== form)
    .map((name) => ({ name, makes: MAKES[name](plan) }));

const NO_ARN_YET = 'the ARN of the KMS key, once there is one';

const parsed = (text: string): unknown => JSON.parse(text.replaceAll(KMS_KEY_PLACEHOLDER, NO_ARN_YET));

/** What it would write into IAM, and the bucket's policy. */
export const documentsOf = (plan: WorkspacePlan, form: CredentialForm): PlannedDocument[] => {
  const { foundation, 'jobs-role': jobs, 'client-user': client, 'client-role': session } = plan;
  const permissions = ({ name, document }: { name: string; document: string }): PlannedDocument => ({
    ...{ name, kind: 'permissions' },
    document: parsed(document),
  });
  const trust = ({ name, trust: text }: { name: string; trust: string }): PlannedDocument => ({
    ...{ name, kind: 'trust' },
    document: parsed(text),
  });
  return [
    trust(foundation.instanceProfile),
    permissions({ name: foundation.bucket.name, document: foundation.bucket.policy }),
    permissions(jobs.policy),
    trust(jobs.role),
    permissions(client.policy),
    ...(form === 'key' ? [] : [trust(session.role)]),
  ];
};
