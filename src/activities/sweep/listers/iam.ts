/**
 * IAM: roles, profiles, users with their keys, and policies. Lists show no tags, so only what is called as ours are is
 * asked for them.
 */
import {
  DeleteInstanceProfileCommand,
  DeletePolicyCommand,
  DeletePolicyVersionCommand,
  DeleteRoleCommand,
  DeleteUserCommand,
  GetInstanceProfileCommand,
  GetPolicyCommand,
  GetRoleCommand,
  GetUserCommand,
  type IAMClient,
  type InstanceProfile,
  ListInstanceProfilesCommand,
  ListPoliciesCommand,
  ListPolicyVersionsCommand,
  ListRolesCommand,
  ListUsersCommand,
  type Policy,
  RemoveRoleFromInstanceProfileCommand,
  type Role,
  type Tag,
  type User,
} from '@aws-sdk/client-iam';
import type { AwsClient } from '#aws/clients.ts';
import { ignoreNotFound } from '#aws/errors.ts';
import { collect } from '#aws/pages.ts';
import { tagsOf } from '#domain/core/ownership.ts';
import type { SweptType } from '#domain/sweep/types.ts';
import { deleteKey, listKeys } from '../../iam/access-key-parts.ts';
import { emptyRole } from '../../iam/role-parts.ts';
import { releaseDevices, takeCredentials, takeRights } from '../../iam/user-access.ts';
import { isCalledAsOurs, type Lister, listerOf, type Place, thingOf } from '../lister.ts';

type Iam = AwsClient<IAMClient>;

const iamAt = ({ aws, account }: Place): Iam => aws.iam(account);

interface Dated {
  readonly Tags?: Tag[] | undefined;
  readonly CreateDate?: Date | undefined;
}

interface Row<Raw> {
  readonly type: SweptType;
  readonly names: (
    iam: Iam,
  ) => Promise<readonly { readonly id: string | undefined; readonly name: string | undefined }[]>;
  readonly describe: (iam: Iam, id: string) => Promise<Raw | undefined>;
  readonly name: (raw: Raw) => string | undefined;
  readonly id?: (raw: Raw) => string | undefined;
  readonly remove: (iam: Iam, raw: Raw) => Promise<unknown>;
}

const rowOf = <Raw extends Dated>({ type, names, describe, name, id = name, remove }: Row<Raw>): Lister =>
  listerOf<Raw>({
    all: async (place) => {
      const found: Raw[] = [];
      for (const each of await names(iamAt(place))) {
        if (!isCalledAsOurs(each.name, place)) continue;
        const raw = await describe(iamAt(place), each.id ?? '');
        if (raw) found.push(raw);
      }
      return found;
    },
    one: (place, wanted) => describe(iamAt(place), wanted),
    sight: (raw, place) => ({
      thing: thingOf(type, { id: id(raw), name: name(raw), tags: tagsOf(raw.Tags), createdAt: raw.CreateDate }),
      push: () => remove(iamAt(place), raw),
    }),
  });

export const role = rowOf<Role>({
  type: 'AWS::IAM::Role',
  names: async (iam) => {
    const found = await collect(async (Marker) => {
      const page = await iam.send(new ListRolesCommand({ Marker }));
      return { items: page.Roles, next: page.Marker };
    });
    return found.map(({ RoleName }) => ({ id: RoleName, name: RoleName }));
  },
  describe: async (iam, RoleName) => (await iam.send(new GetRoleCommand({ RoleName })).catch(ignoreNotFound))?.Role,
  name: ({ RoleName }) => RoleName,
  remove: async (iam, { RoleName = '' }) => {
    await emptyRole(iam, RoleName);
    await iam.send(new DeleteRoleCommand({ RoleName }));
  },
});

export const instanceProfile = rowOf<InstanceProfile>({
  type: 'AWS::IAM::InstanceProfile',
  names: async (iam) => {
    const found = await collect(async (Marker) => {
      const page = await iam.send(new ListInstanceProfilesCommand({ Marker }));
      return { items: page.InstanceProfiles, next: page.Marker };
    });
    return found.map(({ InstanceProfileName: name }) => ({ id: name, name }));
  },
  describe: async (iam, InstanceProfileName) =>
    (await iam.send(new GetInstanceProfileCommand({ InstanceProfileName })).catch(ignoreNotFound))?.InstanceProfile,
  name: ({ InstanceProfileName }) => InstanceProfileName,
  remove: async (iam, { InstanceProfileName, Roles = [] }) => {
    for (const { RoleName } of Roles) {
      await iam.send(new RemoveRoleFromInstanceProfileCommand({ InstanceProfileName, RoleName }));
    }
    await iam.send(new DeleteInstanceProfileCommand({ InstanceProfileName }));
  },
});

const usersOf = async (iam: Iam) =>
  await collect(async (Marker) => {
    const page = await iam.send(new ListUsersCommand({ Marker }));
    return { items: page.Users, next: page.Marker };
  });

const describeUser = async (iam: Iam, UserName: string) =>
  (await iam.send(new GetUserCommand({ UserName })).catch(ignoreNotFound))?.User;

/** With its keys: a user without an owner has nobody who may use them. */
export const user = rowOf<User>({
  type: 'AWS::IAM::User',
  names: async (iam) => (await usersOf(iam)).map(({ UserName }) => ({ id: UserName, name: UserName })),
  describe: describeUser,
  name: ({ UserName }) => UserName,
  remove: async (iam, { UserName = '' }) => {
    for (const { accessKeyId } of await listKeys(iam, UserName)) await deleteKey(iam, UserName, accessKeyId);
    await takeRights(iam, UserName, { keep: [], keepDenials: false });
    await takeCredentials(iam, UserName);
    await releaseDevices(iam, UserName);
    await iam.send(new DeleteUserCommand({ UserName }));
  },
});

/** An attached one IAM refuses to delete. */
export const managedPolicy = rowOf<Policy>({
  type: 'AWS::IAM::ManagedPolicy',
  names: async (iam) => {
    const found = await collect(async (Marker) => {
      const page = await iam.send(new ListPoliciesCommand({ Scope: 'Local', Marker }));
      return { items: page.Policies, next: page.Marker };
    });
    return found.map(({ Arn, PolicyName }) => ({ id: Arn, name: PolicyName }));
  },
  describe: async (iam, PolicyArn) =>
    (await iam.send(new GetPolicyCommand({ PolicyArn })).catch(ignoreNotFound))?.Policy,
  id: ({ Arn }) => Arn,
  name: ({ PolicyName }) => PolicyName,
  remove: async (iam, { Arn: PolicyArn }) => {
    const versions = await collect(async (Marker) => {
      const page = await iam.send(new ListPolicyVersionsCommand({ PolicyArn, Marker }));
      return { items: page.Versions, next: page.Marker };
    });
    for (const { VersionId, IsDefaultVersion } of versions) {
      if (!IsDefaultVersion) await iam.send(new DeletePolicyVersionCommand({ PolicyArn, VersionId }));
    }
    await iam.send(new DeletePolicyCommand({ PolicyArn }));
  },
});

interface KeyOfUser extends Dated {
  readonly UserName: string | undefined;
  readonly accessKeyId: string;
}

const keysOf = async (iam: Iam, UserName: string): Promise<KeyOfUser[]> => {
  const found = await describeUser(iam, UserName);
  const keys = found ? await listKeys(iam, UserName) : [];
  return keys.map(({ accessKeyId, createdAt }) => ({
    UserName,
    accessKeyId,
    Tags: found?.Tags,
    CreateDate: new Date(createdAt),
  }));
};

/** Told of under its user's tags; its user's name stands for its own. No sweep takes one by itself. */
export const accessKey = listerOf<KeyOfUser>({
  all: async (place) => {
    const found: KeyOfUser[] = [];
    for (const { UserName } of await usersOf(iamAt(place))) {
      if (UserName !== undefined && isCalledAsOurs(UserName, place))
        found.push(...(await keysOf(iamAt(place), UserName)));
    }
    return found;
  },
  one: async () => undefined,
  sight: ({ accessKeyId: id, UserName: name, Tags, CreateDate: createdAt }) => ({
    thing: thingOf('AWS::IAM::AccessKey', { id, name, tags: tagsOf(Tags), createdAt }),
    push: async () => undefined,
  }),
});
