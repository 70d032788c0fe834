import { environmentOf, escapeUser } from '#domain/core/escaping.ts';
import { subjectId } from '#domain/core/subject.ts';
import type {
  LaunchSettings,
  NextflowBlock,
  NextflowGlobal,
  PayModel,
  WorkspaceInput,
} from '#domain/workspace/input.ts';

export interface WorkspaceOverrides {
  readonly user?: string;
  readonly hostname?: string;
  readonly profile?: string | null;
  readonly nextflow?: Partial<NextflowBlock>;
  readonly global?: Partial<NextflowGlobal>;
  readonly payModel?: PayModel | null;
  readonly settings?: Partial<LaunchSettings>;
}

export const ACCOUNT_ID = '123456789012';

/** A launch that nothing is wrong with, but for what a test says. */
export const aWorkspace = (overrides: WorkspaceOverrides = {}): WorkspaceInput => {
  const { user = 'test@example.com', hostname = 'brh.data-commons.org', profile = null, payModel = null } = overrides;
  const environment = environmentOf(hostname);
  const escapedUser = escapeUser(user);
  return {
    workspaceId: subjectId({ kind: 'workspace', environment, name: escapedUser }),
    user,
    hostname,
    environment,
    escapedUser,
    account: {
      accountId: ACCOUNT_ID,
      region: 'us-east-1',
      roleArn: `arn:aws:iam::${ACCOUNT_ID}:role/csoc_adminvm`,
      externalId: null,
    },
    profile,
    nextflow: {
      'job-image-whitelist': [],
      's3-bucket-whitelist': [],
      'compute-environment-type': 'EC2',
      'instance-ami': 'ami-0123456789abcdef0',
      'instance-ami-builder-arn': '',
      'instance-type': 'c5.large',
      'instance-min-vcpus': 0,
      'instance-max-vcpus': 9,
      ...overrides.nextflow,
    },
    global: {
      's3-objects-expiration-days': 0,
      'sample-config-public-image': '',
      'imagebuilder-reader-role-arn': '',
      ...overrides.global,
    },
    payModel,
    settings: {
      squid: {
        instanceType: 't3.micro',
        image: 'ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64',
      },
      vpcCidr: '192.168.0.0/16',
      ...overrides.settings,
    },
  };
};
