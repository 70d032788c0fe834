/**
 * Roles, service-linked roles and instance profiles.
 * @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRole.html
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
 */
import { GetInstanceProfileCommand, IAMClient } from '@aws-sdk/client-iam';
import type { Call, Rule } from '../../core/call.ts';
import { AwsError } from '../../core/error.ts';
import { IAM_HOME } from './contract.ts';
import { checkInline, checkTrust } from './documents.ts';
import { required, sameName } from './names.ts';
import { conflict, exceeded, exists, type IamContext, invalidInput, noSuchEntity, read, text, write } from './rules.ts';

/** Services learn of a new role, or of a profile's role, some seconds after the call returned. */
const PROPAGATION_MS = 9_000;
/** EC2 says for as long after that that the profile has no role. */
const PROFILE_ROLE_MS = 3_000;
const POLICIES_PER_ROLE = 10;

/** Names that AWS chose; they do not follow from the service's principal. */
const LINKED: Readonly<Record<string, string>> = {
  'batch.amazonaws.com': 'AWSServiceRoleForBatch',
  'ecs.amazonaws.com': 'AWSServiceRoleForECS',
  'ecs.application-autoscaling.amazonaws.com': 'AWSServiceRoleForApplicationAutoScaling_ECSService',
  'spot.amazonaws.com': 'AWSServiceRoleForEC2Spot',
  'spotfleet.amazonaws.com': 'AWSServiceRoleForEC2SpotFleet',
  'autoscaling.amazonaws.com': 'AWSServiceRoleForAutoScaling',
  'elasticfilesystem.amazonaws.com': 'AWSServiceRoleForAmazonElasticFileSystem',
  'fsx.amazonaws.com': 'AWSServiceRoleForAmazonFSx',
  's3.data-source.lustre.fsx.amazonaws.com': 'AWSServiceRoleForFSxS3Access',
  'imagebuilder.amazonaws.com': 'AWSServiceRoleForImageBuilder',
};

const unmodifiable = (role: string, service: string): AwsError =>
  new AwsError(
    'UnmodifiableEntity',
    `Cannot perform the operation on the protected role '${role}' - this role is only modifiable by AWS (${service})`,
  );

export const roleRules = (context: IamContext): Record<string, Rule> => {
  const { snapshots, world, readyAt } = context;
  const ready = (): number => world.now() + world.delay(PROPAGATION_MS, 0.2);
  const key = (call: Call, member: string): string => `${call.account}/${text(call, member)}`;

  const mustFind = async (call: Call) => {
    const name = text(call, 'RoleName');
    const role = (await snapshots.of(call.account)).roles.find(({ RoleName }) => RoleName === name);
    if (!role) throw noSuchEntity(`The role with name ${name} cannot be found.`);
    return role;
  };

  const mustBeNew = async (call: Call, name: string): Promise<void> => {
    const { roles } = await snapshots.of(call.account);
    if (roles.some(({ RoleName }) => sameName(RoleName, name))) throw exists(`Role with name ${name} already exists.`);
  };

  const mustFindProfile = async (call: Call) => {
    const name = text(call, 'InstanceProfileName');
    const { profiles } = await snapshots.of(call.account);
    const profile = profiles.find(({ InstanceProfileName }) => InstanceProfileName === name);
    if (!profile) throw noSuchEntity(`Instance Profile ${name} cannot be found.`);
    return profile;
  };

  /** AWS keeps its hands on roles that are linked to a service. */
  const notLinked = async (call: Call): Promise<undefined> => {
    const role = await mustFind(call);
    if (!role.Path?.startsWith('/aws-service-role/')) return undefined;
    throw unmodifiable(role.RoleName ?? '', role.Path.split('/')[2] ?? '');
  };

  return {
    CreateRole: write(context, {
      before: async (call) => {
        required(call.params, 'RoleName', 'AssumeRolePolicyDocument');
        await mustBeNew(call, text(call, 'RoleName'));
        await checkTrust(snapshots, text(call, 'AssumeRolePolicyDocument'));
        await checkBoundary(call);
        return undefined;
      },
      after: (call) => {
        readyAt.roles.set(key(call, 'RoleName'), ready());
        return undefined;
      },
    }),
    DeleteRole: write(context, {
      before: async (call) => {
        await notLinked(call);
        const role = await mustFind(call);
        const { profiles } = await snapshots.of(call.account);
        if (profiles.some(({ Roles }) => Roles?.some(({ RoleName }) => RoleName === role.RoleName))) {
          throw conflict('Cannot delete entity, must remove roles from instance profile first.');
        }
        if (role.AttachedManagedPolicies?.length)
          throw conflict('Cannot delete entity, must detach all policies first.');
        if (role.RolePolicyList?.length) throw conflict('Cannot delete entity, must delete policies first.');
        return undefined;
      },
      after: (call) => {
        readyAt.roles.delete(key(call, 'RoleName'));
        return undefined;
      },
    }),
    UpdateRole: write(context, { before: notLinked }),
    UpdateRoleDescription: write(context),
    UpdateAssumeRolePolicy: write(context, {
      before: async (call) => {
        await notLinked(call);
        await checkTrust(snapshots, text(call, 'PolicyDocument'));
        return undefined;
      },
    }),
    TagRole: write(context),
    UntagRole: write(context),
    AttachRolePolicy: write(context, {
      before: async (call) => {
        await notLinked(call);
        const { AttachedManagedPolicies: attached = [] } = await mustFind(call);
        if (attached.some(({ PolicyArn }) => PolicyArn === text(call, 'PolicyArn'))) return world.answer(call, {});
        if (attached.length >= POLICIES_PER_ROLE) {
          throw exceeded(`Cannot exceed quota for PoliciesPerRole: ${POLICIES_PER_ROLE}`);
        }
        return undefined;
      },
    }),
    DetachRolePolicy: write(context, { before: notLinked }),
    PutRolePolicy: write(context, {
      before: async (call) => {
        await notLinked(call);
        const role = await mustFind(call);
        const others = (role.RolePolicyList ?? []).filter(({ PolicyName }) => PolicyName !== text(call, 'PolicyName'));
        await checkInline(
          'role',
          text(call, 'RoleName'),
          text(call, 'PolicyDocument'),
          others.map(({ PolicyDocument = '' }) => decodeURIComponent(PolicyDocument)),
        );
        return undefined;
      },
    }),
    DeleteRolePolicy: write(context, { before: notLinked }),
    PutRolePermissionsBoundary: write(context, {
      before: async (call) => {
        await mustFind(call);
        await checkBoundary(call);
        return undefined;
      },
    }),
    DeleteRolePermissionsBoundary: write(context),
    GetRole: read(),
    GetRolePolicy: read(),
    ListRolePolicies: read(),
    ListAttachedRolePolicies: read(),

    /** moto derives `AWSServiceRoleForbatch` and knows no such role as existing; the role is made here by its real name. */
    CreateServiceLinkedRole: (call, forward) => {
      const service = text(call, 'AWSServiceName');
      const name = LINKED[service];
      return write(context, {
        before: async () => {
          if (!name) throw invalidInput(`Service role name for ${service} cannot be determined`);
          const { roles } = await snapshots.of(call.account);
          if (roles.some(({ RoleName }) => RoleName === name)) {
            throw invalidInput(
              `Service role name ${name} has been taken in this account, please try a different suffix.`,
            );
          }
          return undefined;
        },
        after: async (_, answer) => {
          readyAt.roles.set(`${call.account}/${name}`, ready());
          const { Role } = world.decode({ ...call, operation: 'CreateRole' }, answer) as { Role: object };
          return world.answer(call, { Role });
        },
      })(call, () =>
        forward({
          operation: 'CreateRole',
          params: {
            RoleName: name,
            Path: `/aws-service-role/${service}/`,
            AssumeRolePolicyDocument: JSON.stringify({
              Version: '2012-10-17',
              Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' }],
            }),
            ...(call.params.Description !== undefined && { Description: call.params.Description }),
          },
        }),
      );
    },
    DeleteServiceLinkedRole: write(context),

    CreateInstanceProfile: write(context, {
      before: async (call) => {
        required(call.params, 'InstanceProfileName');
        const name = text(call, 'InstanceProfileName');
        const { profiles } = await snapshots.of(call.account);
        if (profiles.some(({ InstanceProfileName }) => sameName(InstanceProfileName, name))) {
          throw exists(`Instance Profile ${name} already exists.`);
        }
        return undefined;
      },
      after: (call) => {
        readyAt.profiles.set(key(call, 'InstanceProfileName'), ready());
        return undefined;
      },
    }),
    DeleteInstanceProfile: write(context, {
      before: async (call) => {
        const { Roles } = await mustFindProfile(call);
        if (Roles?.length) throw conflict('Cannot delete entity, must remove roles from instance profile first.');
        return undefined;
      },
      after: (call) => {
        readyAt.profiles.delete(key(call, 'InstanceProfileName'));
        readyAt.profileRoles.delete(key(call, 'InstanceProfileName'));
        return undefined;
      },
    }),
    AddRoleToInstanceProfile: write(context, {
      before: async (call) => {
        const { Roles } = await mustFindProfile(call);
        await mustFind(call);
        if (Roles?.length) throw exceeded('Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1');
        return undefined;
      },
      after: (call) => {
        // Seen after the profile itself, by as much again.
        const from = Math.max(world.now(), readyAt.profiles.get(key(call, 'InstanceProfileName')) ?? 0);
        readyAt.profileRoles.set(key(call, 'InstanceProfileName'), from + world.delay(PROFILE_ROLE_MS, 0.2));
        return undefined;
      },
    }),
    RemoveRoleFromInstanceProfile: write(context, {
      before: async (call) => {
        const { Roles } = await mustFindProfile(call);
        const name = text(call, 'RoleName');
        if (!Roles?.some(({ RoleName }) => RoleName === name)) {
          throw noSuchEntity(`Cannot find Instance Profile with Role with name ${name}`);
        }
        return undefined;
      },
    }),
    TagInstanceProfile: write(context),
    UntagInstanceProfile: write(context),
    /** moto lacks it. */
    ListInstanceProfileTags: async (call) => {
      const { InstanceProfileName } = await mustFindProfile(call);
      const iam = world.moto(IAMClient, call.account, IAM_HOME);
      const { InstanceProfile } = await iam.send(new GetInstanceProfileCommand({ InstanceProfileName }));
      return world.answer(call, { Tags: InstanceProfile?.Tags ?? [], IsTruncated: false });
    },
    GetInstanceProfile: read(),
  };

  async function checkBoundary(call: Call): Promise<void> {
    const arn = text(call, 'PermissionsBoundary');
    if (arn && (await snapshots.document(call.account, arn)) === undefined) {
      throw noSuchEntity(`Scope ARN: ${arn} does not exist or is not attachable.`);
    }
  }
};
