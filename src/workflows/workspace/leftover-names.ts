/** What the steps of a workspace have, by the names in its plan: what an operator looks for when AWS can't be asked. */
import type { WorkspacePlan } from '#domain/workspace/specs.ts';

export interface Named {
  /** CloudFormation's name. */
  readonly type: string;
  readonly name: string;
}

const NAMES: Readonly<Record<string, (plan: WorkspacePlan) => readonly Named[]>> = {
  network: ({ network: { vpc, gateway, jobSubnets, firewallSubnet, jobRouteTable, firewallRouteTable } }) => [
    { type: 'AWS::EC2::VPC', name: vpc.name },
    { type: 'AWS::EC2::InternetGateway', name: gateway.name },
    ...[...jobSubnets, firewallSubnet].map(({ name }) => ({ type: 'AWS::EC2::Subnet', name })),
    ...[jobRouteTable, firewallRouteTable].map(({ name }) => ({ type: 'AWS::EC2::RouteTable', name })),
  ],
  squid: ({ squid: { instance, securityGroup } }) => [
    { type: 'AWS::EC2::Instance', name: instance.name },
    { type: 'AWS::EC2::SecurityGroup', name: securityGroup.name },
  ],
  'launch-template': ({ launchTemplate: { name } }) => [{ type: 'AWS::EC2::LaunchTemplate', name }],
  'compute-environment': ({ computeEnvironment: { name } }) => [{ type: 'AWS::Batch::ComputeEnvironment', name }],
  'job-queue': ({ jobQueue: { name } }) => [{ type: 'AWS::Batch::JobQueue', name }],
  'jobs-role': ({ jobsRole: { role, policy } }) => [
    { type: 'AWS::IAM::Role', name: role.name },
    { type: 'AWS::IAM::ManagedPolicy', name: policy.name },
  ],
  'client-user': ({ clientUser: { user, policy } }) => [
    { type: 'AWS::IAM::User', name: user.name },
    { type: 'AWS::IAM::ManagedPolicy', name: policy.name },
  ],
  // Keys have no name: their user's leads to them.
  'access-key': ({ accessKey: { userName } }) => [{ type: 'AWS::IAM::AccessKey', name: userName }],
};

/** Whatever the step is, it names something. */
export const namesOfStep = (step: string, plan: WorkspacePlan): readonly Named[] =>
  NAMES[step]?.(plan) ?? [{ type: step, name: plan.network.owner.id }];
