/**
 * Users, groups and access keys.
 * @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUser.html
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
 */
import { IAMClient, ListAccessKeysCommand } from '@aws-sdk/client-iam';
import type { Answer, Call, Rule } from '../../core/call.ts';
import { AwsError } from '../../core/error.ts';
import { IAM_HOME } from './contract.ts';
import { checkInline } from './documents.ts';
import { required, sameName, validation } from './names.ts';
import { conflict, exceeded, exists, type IamContext, invalidInput, noSuchEntity, read, text, write } from './rules.ts';
import { userAccess } from './user-access.ts';

/** A key is accepted everywhere some seconds after CreateAccessKey answered. */
const KEY_PROPAGATION_MS = 10_000;
const KEYS_PER_USER = 2;
const POLICIES_PER_USER = 10;

const unknownUser = (name: string): AwsError => noSuchEntity(`The user with name ${name} cannot be found.`);

export const userRules = (context: IamContext): Record<string, Rule> => {
  const { snapshots, world, lastUsed } = context;
  const access = userAccess(context);

  const find = async (call: Call, name = text(call, 'UserName')) =>
    (await snapshots.of(call.account)).users.find(({ UserName }) => UserName === name);

  const mustFind = async (call: Call) => {
    const user = await find(call);
    if (!user) throw unknownUser(text(call, 'UserName'));
    return user;
  };

  const mustBeNew = async (call: Call, name: string): Promise<void> => {
    const { users } = await snapshots.of(call.account);
    if (users.some(({ UserName }) => sameName(UserName, name))) throw exists(`User with name ${name} already exists.`);
  };

  /** Calls about keys may leave the user out: the caller's own, then. */
  const ownName = (call: Call): string => {
    const given = text(call, 'UserName');
    if (given) return given;
    if (call.caller.kind === 'user') return call.caller.userName;
    throw validation('Must specify userName when calling with non-User credentials');
  };

  const named =
    (rule: Rule): Rule =>
    (call, forward) => {
      const params = { ...call.params, UserName: ownName(call) };
      return rule({ ...call, params }, (changed) => forward({ params, ...changed }));
    };

  const keysOf = async (call: Call, UserName: string): Promise<number> => {
    const iam = world.moto(IAMClient, call.account, IAM_HOME);
    return (await iam.send(new ListAccessKeysCommand({ UserName }))).AccessKeyMetadata?.length ?? 0;
  };

  const keyOf = (call: Call): void => {
    const owner = world.keyring.find(text(call, 'AccessKeyId'));
    const name = text(call, 'UserName');
    const principal = owner?.caller;
    if (principal?.kind !== 'user' || principal.account !== call.account || principal.userName !== name) {
      throw noSuchEntity(`The Access Key with id ${text(call, 'AccessKeyId')} cannot be found.`);
    }
  };

  return {
    CreateUser: write(context, {
      before: async (call) => {
        required(call.params, 'UserName');
        await mustBeNew(call, text(call, 'UserName'));
        return undefined;
      },
    }),
    UpdateUser: write(context, {
      before: async (call) => {
        const name = text(call, 'NewUserName');
        await mustFind(call);
        if (name && !sameName(name, text(call, 'UserName'))) await mustBeNew(call, name);
        return undefined;
      },
      after: async (call) => {
        const userName = text(call, 'NewUserName') || text(call, 'UserName');
        snapshots.drop(call.account);
        const arn = (await find(call, userName))?.Arn ?? '';
        const iam = world.moto(IAMClient, call.account, IAM_HOME);
        const { AccessKeyMetadata: keys = [] } = await iam.send(new ListAccessKeysCommand({ UserName: userName }));
        for (const { AccessKeyId = '' } of keys) {
          const key = world.keyring.find(AccessKeyId);
          if (key) world.keyring.add({ ...key, caller: { kind: 'user', account: call.account, userName, arn } });
        }
        return undefined;
      },
    }),
    DeleteUser: write(context, {
      before: async (call) => {
        const user = await mustFind(call);
        const name = text(call, 'UserName');
        if ((await keysOf(call, name)) > 0) {
          throw conflict('Cannot delete entity, must delete access keys first.');
        }
        if (user.GroupList?.length) throw conflict('Cannot delete entity, must remove users from group first.');
        if (user.AttachedManagedPolicies?.length)
          throw conflict('Cannot delete entity, must detach all policies first.');
        if (user.UserPolicyList?.length) throw conflict('Cannot delete entity, must delete policies first.');
        await access.refuseWhileUsed(call);
        return undefined;
      },
    }),
    GetUser: (call, forward) => {
      if (call.params.UserName !== undefined) return read()(call, forward);
      if (call.caller.kind === 'root') {
        const root = { Path: '/', UserId: call.account, Arn: call.caller.arn, CreateDate: '2020-01-01T00:00:00Z' };
        return Promise.resolve(world.answer(call, { User: root }));
      }
      return named(read())(call, forward);
    },
    TagUser: write(context),
    UntagUser: write(context),
    AttachUserPolicy: write(context, {
      before: async (call) => {
        const { AttachedManagedPolicies: attached = [] } = await mustFind(call);
        if (attached.some(({ PolicyArn }) => PolicyArn === text(call, 'PolicyArn'))) return world.answer(call, {});
        if (attached.length >= POLICIES_PER_USER) {
          throw exceeded(`Cannot exceed quota for PoliciesPerUser: ${POLICIES_PER_USER}`);
        }
        return undefined;
      },
    }),
    DetachUserPolicy: write(context),
    PutUserPolicy: write(context, {
      before: async (call) => {
        const user = await mustFind(call);
        const others = (user.UserPolicyList ?? []).filter(({ PolicyName }) => PolicyName !== text(call, 'PolicyName'));
        await checkInline(
          'user',
          text(call, 'UserName'),
          text(call, 'PolicyDocument'),
          others.map(({ PolicyDocument = '' }) => decodeURIComponent(PolicyDocument)),
        );
        return undefined;
      },
    }),
    DeleteUserPolicy: write(context),

    CreateAccessKey: named(
      write(context, {
        before: async (call) => {
          await mustFind(call);
          if ((await keysOf(call, text(call, 'UserName'))) >= KEYS_PER_USER) {
            throw exceeded(`Cannot exceed quota for AccessKeysPerUser: ${KEYS_PER_USER}`);
          }
          return undefined;
        },
        after: (call, answer) => registerKey(call, answer),
      }),
    ),
    UpdateAccessKey: named(
      write(context, {
        before: (call) => {
          keyOf(call);
          if (!['Active', 'Inactive'].includes(text(call, 'Status'))) {
            throw validation(
              `1 validation error detected: Value '${text(call, 'Status')}' at 'status' failed to satisfy constraint: ` +
                'Member must satisfy enum value set: [Active, Inactive]',
            );
          }
          return undefined;
        },
        after: (call) => {
          world.keyring.setActive(text(call, 'AccessKeyId'), text(call, 'Status') === 'Active');
          return undefined;
        },
      }),
    ),
    DeleteAccessKey: named(
      write(context, {
        before: (call) => {
          keyOf(call);
          return undefined;
        },
        after: (call) => {
          world.keyring.remove(text(call, 'AccessKeyId'));
          return undefined;
        },
      }),
    ),
    ListAccessKeys: named(read()),
    ...access.rules,
    GetAccessKeyLastUsed: (call) => {
      const key = world.keyring.find(text(call, 'AccessKeyId'));
      if (key?.caller.kind !== 'user' || key.caller.account !== call.account) {
        // AWS hides whether a key of somebody else exists.
        throw new AwsError(
          'AccessDenied',
          `User: ${call.caller.arn} is not authorized to perform: iam:GetAccessKeyLastUsed on resource: ` +
            `access key ${text(call, 'AccessKeyId')}`,
          403,
        );
      }
      const used = lastUsed.get(key.accessKeyId);
      return Promise.resolve(
        world.answer(call, {
          UserName: key.caller.userName,
          AccessKeyLastUsed: used
            ? { LastUsedDate: new Date(used.at).toISOString(), ServiceName: used.service, Region: used.region }
            : { ServiceName: 'N/A', Region: 'N/A' },
        }),
      );
    },

    CreateGroup: write(context, {
      before: async (call) => {
        const { groups } = await snapshots.of(call.account);
        if (groups.some(({ GroupName }) => sameName(GroupName, text(call, 'GroupName')))) {
          throw exists(`Group with name ${text(call, 'GroupName')} already exists.`);
        }
        return undefined;
      },
    }),
    DeleteGroup: write(context, {
      before: async (call) => {
        const name = text(call, 'GroupName');
        const { groups, users } = await snapshots.of(call.account);
        const group = groups.find(({ GroupName }) => GroupName === name);
        if (!group) throw noSuchEntity(`The group with name ${name} cannot be found.`);
        if (users.some(({ GroupList }) => GroupList?.includes(name))) {
          throw conflict('Cannot delete entity, must remove users from group first.');
        }
        if (group.AttachedManagedPolicies?.length)
          throw conflict('Cannot delete entity, must detach all policies first.');
        if (group.GroupPolicyList?.length) throw conflict('Cannot delete entity, must delete policies first.');
        return undefined;
      },
    }),
    AddUserToGroup: write(context),
    RemoveUserFromGroup: write(context),
    AttachGroupPolicy: write(context),
    DetachGroupPolicy: write(context),
    PutGroupPolicy: write(context, {
      before: async (call) => {
        await checkInline('group', text(call, 'GroupName'), text(call, 'PolicyDocument'), []);
        return undefined;
      },
    }),
    DeleteGroupPolicy: write(context),
  };

  async function registerKey(call: Call, answer: Answer): Promise<undefined> {
    const { AccessKey } = world.decode(call, answer) as {
      AccessKey?: { AccessKeyId: string; SecretAccessKey: string };
    };
    const userName = text(call, 'UserName');
    if (!AccessKey) throw invalidInput('CreateAccessKey was answered without a key');
    world.keyring.add({
      accessKeyId: AccessKey.AccessKeyId,
      secretAccessKey: AccessKey.SecretAccessKey,
      caller: {
        kind: 'user',
        account: call.account,
        userName,
        arn: (await mustFind(call)).Arn ?? '',
      },
      usableAt: world.now() + world.delay(KEY_PROPAGATION_MS, 0.3),
    });
    return undefined;
  }
};
