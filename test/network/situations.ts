/**
 * Launches that get stuck, each in an account of its own of a sandbox: what an operator may find at three in the
 * morning. For the test that looks for them in Temporal's UI, and for the pictures of the guide.
 */
import { CreateRoleCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { createApiClient } from '#cli/api-client.ts';
import type { DevState } from '#cli/dev/state.ts';
import { requestToken } from '#cli/token.ts';
import type { WorkspaceView } from '#domain/workspace/view.ts';

interface Fault {
  readonly service: string;
  readonly operation: string;
  readonly fault: string;
  readonly delayMs?: number;
}

export interface Situation {
  /** Also the name of its user. */
  readonly name: string;
  readonly faults: readonly Fault[];
  /** The account can't be entered. */
  readonly closed?: true;
  readonly quotas?: { readonly vpcs: number; readonly queues: number; readonly computeEnvironments: number };
  /** It is as it is to be seen. */
  readonly until: (view: WorkspaceView) => boolean;
}

const stuckWith =
  (code: string) =>
  ({ stuck }: WorkspaceView): boolean =>
    stuck?.code === code;

const isOver = ({ operation }: WorkspaceView): boolean => operation === null;

const denied = (service: string, operation: string): Fault => ({ service, operation, fault: 'denied' });

/** By what an operator would call them. */
export const SITUATIONS = {
  throttled: {
    faults: [{ service: 'batch', operation: 'CreateJobQueue', fault: 'throttle' }],
    until: stuckWith('Throttled'),
  },
  hung: {
    faults: [{ service: 'iam', operation: 'GetUser', fault: 'slow', delayMs: 90_000 }],
    until: stuckWith('Unavailable'),
  },
  unwinding: {
    faults: [denied('batch', 'CreateJobQueue'), { service: 'ec2', operation: 'DeleteVpc', fault: 'throttle' }],
    until: ({ unwindingSince, stuck }) => unwindingSince !== null && stuck?.code === 'Throttled',
  },
  'proxy-never-ready': {
    faults: [{ service: 'ec2', operation: 'DescribeInstanceStatus', fault: 'internal' }],
    until: stuckWith('Unavailable'),
  },
  'left-over': {
    faults: [denied('batch', 'CreateJobQueue'), denied('ec2', 'DeleteSecurityGroup')],
    until: isOver,
  },
  denied: { faults: [denied('batch', 'CreateJobQueue')], until: isOver },
  'role-not-assumable': { faults: [], closed: true, until: isOver },
  'quota-full': { faults: [], quotas: { vpcs: 100, queues: 0, computeEnvironments: 50 }, until: isOver },
} as const satisfies Record<string, Omit<Situation, 'name'>>;

export type SituationName = keyof typeof SITUATIONS;

const ROLE = 'csoc_adminvm';
const ANYTHING = { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: '*', Resource: '*' } };

export interface Stage {
  /** Launches it, and waits until it is as it is to be seen. */
  readonly play: (name: SituationName) => Promise<WorkspaceView>;
}

export const openStage = async (dev: DevState): Promise<Stage> => {
  const operator = createApiClient(dev.api, await requestToken(dev.issuer, { operator: true, ttlSeconds: 3_600 }));
  let accounts = 0;

  const admin = async (method: string, path: string, body: unknown): Promise<void> => {
    const answer = await fetch(`${dev.aws}/_sandbox${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`);
  };

  /** What a user's own account needs: the machine image, and the role by which Eyrie enters it. */
  const anAccount = async ({ closed, quotas, faults }: Omit<Situation, 'name'>): Promise<string> => {
    accounts += 1;
    const id = String(444_400_000_000 + accounts);
    const image = {
      id: 'ami-0e1e5a1d2023ec500',
      name: 'al2023-ami-ecs-hvm-2023.0.eyrie-dev-x86_64',
      architecture: 'x86_64',
    };
    await admin('POST', `/accounts/${id}/images`, { images: [image], pipelines: [] });
    if (quotas) await admin('PUT', `/accounts/${id}/quotas`, quotas);
    if (faults.length > 0)
      await admin(
        'POST',
        '/faults',
        faults.map((one) => ({ ...one, account: id, times: -1 })),
      );
    if (closed) return id;
    const iam = new IAMClient({
      ...{ endpoint: dev.aws, region: dev.region },
      credentials: { accessKeyId: id, secretAccessKey: 'sandbox' },
    });
    const trust = { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${dev.account}:root` }, Action: 'sts:AssumeRole' };
    const AssumeRolePolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: trust });
    await iam.send(new CreateRoleCommand({ RoleName: ROLE, AssumeRolePolicyDocument }));
    await iam.send(
      new PutRolePolicyCommand({ RoleName: ROLE, PolicyName: 'all', PolicyDocument: JSON.stringify(ANYTHING) }),
    );
    return id;
  };

  const untilSeen = async (path: string, fits: (view: WorkspaceView) => boolean): Promise<WorkspaceView> => {
    let latest: WorkspaceView | undefined;
    for await (const view of operator.follow<WorkspaceView>(path, 'workspace')) {
      latest = view;
      if (fits(view)) return view;
    }
    throw new Error(`it never came to be so: ${JSON.stringify(latest)}`);
  };

  return {
    async play(name) {
      const situation: Omit<Situation, 'name'> = SITUATIONS[name];
      const account_id = await anAccount(situation);
      const payModel = { request_status: 'active', ecs: true, account_id };
      const body = { user: name, profile: 'nextflow', payModel };
      const { id } = await operator.call<WorkspaceView>('POST', '/v1/workspaces', body);
      const path = `/v1/workspaces/${id}`;
      return await untilSeen(path, situation.until);
    },
  };
};
