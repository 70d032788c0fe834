/**
 * The IAM user whose access key the workspace holds. It can be deleted when its keys and policies are gone.
 * @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_User.html
 */
import {
  AttachUserPolicyCommand,
  CreateUserCommand,
  DeleteUserCommand,
  GetUserCommand,
  ListUsersCommand,
  TagUserCommand,
  type User,
} from '@aws-sdk/client-iam';
import { ignoreNotFound, isNotFound } from '#aws/errors.ts';
import { collect } from '#aws/pages.ts';
import { codeOf } from '#domain/core/failures.ts';
import { createdTags, type Made, mayRemove, originOf, type Removal, tagList, tagsOf } from '#domain/core/ownership.ts';
import type { UserSpec } from '#domain/resources/identity.ts';
import type { ActivityDeps } from '../deps.ts';
import { adopt } from '../shared/adopt.ts';
import { believeAbsent } from '../shared/look.ts';
import { type Remaining, remainingOf } from '../shared/remaining.ts';
import { whenTagsCount, whenVisible } from '../shared/visible.ts';
import { assertSameName, isSameName } from './names.ts';
import { attachedPolicies, releaseDevices, takeCredentials, takeRights } from './user-access.ts';

type Deps = Pick<ActivityDeps, 'aws' | 'timing'>;

const madeOf = ({ name }: UserSpec, origin: Made['origin']): Made => ({
  type: 'AWS::IAM::User',
  id: name,
  name,
  origin,
});

export const userActivities = (deps: Deps) => {
  const iam = ({ account }: UserSpec) => deps.aws.iam(account);

  const find = async (spec: UserSpec): Promise<User | undefined> => {
    return (
      await iam(spec)
        .send(new GetUserCommand({ UserName: spec.name }))
        .catch(ignoreNotFound)
    )?.User;
  };

  const create = async (spec: UserSpec): Promise<void> => {
    try {
      await iam(spec).send(
        new CreateUserCommand({
          UserName: spec.name,
          Path: spec.path,
          Tags: tagList({ ...spec.tags, ...createdTags(spec.owner) }),
        }),
      );
    } catch (error) {
      if (codeOf(error) === 'AlreadyExists') await refuseClash(spec);
      throw error;
    }
  };

  /** The name is taken although no user has it: by another spelling, or by a try whose answer was lost. */
  const refuseClash = async (spec: UserSpec): Promise<void> => {
    const all = await collect(async (Marker) => {
      const page = await iam(spec).send(new ListUsersCommand({ Marker }));
      return { items: page.Users, next: page.Marker };
    });
    const clash = all.find((each) => isSameName(each.UserName, spec.name));
    if (clash) assertSameName('user', spec, { name: clash.UserName, path: clash.Path });
  };

  const attach = async (spec: UserSpec, policyArns: readonly string[]): Promise<void> => {
    const has = await attachedPolicies(iam(spec), spec.name);
    for (const PolicyArn of policyArns) {
      if (has.includes(PolicyArn)) continue;
      await iam(spec).send(new AttachUserPolicyCommand({ UserName: spec.name, PolicyArn }));
    }
  };

  return {
    /**
     * With these policies and no other rights, and no way in but access keys: what people added is taken away.
     * @throws Conflict where a user of the name is foreign, or differs from it by case or path.
     */
    async ensureUser(spec: UserSpec, policyArns: readonly string[]): Promise<{ made: Made }> {
      const found = await find(spec);
      if (found) {
        assertSameName('user', spec, { name: found.UserName, path: found.Path });
        const lacking = adopt({ what: `user ${spec.name}`, tags: tagsOf(found.Tags) }, spec);
        if (Object.keys(lacking).length > 0) {
          await iam(spec).send(new TagUserCommand({ UserName: spec.name, Tags: tagList(lacking) }));
        }
      } else {
        await create(spec);
      }
      await whenVisible(`user ${spec.name} or its policy`, deps, () => attach(spec, policyArns));
      if (found) {
        await whenTagsCount(`user ${spec.name}`, deps, async () => {
          await takeRights(iam(spec), spec.name, { keep: policyArns, keepDenials: true });
          await takeCredentials(iam(spec), spec.name);
        });
      }
      return { made: madeOf(spec, found ? originOf(tagsOf(found.Tags), spec.owner) : 'created') };
    },

    /** Its keys must be gone: the removal of keys also takes their seals. @throws NotYet while they are not. */
    async deleteUser(spec: UserSpec, removal: Removal): Promise<void> {
      const found = await find(spec);
      if (!found) return believeAbsent(`user ${spec.name}`, removal, deps);
      if (!mayRemove(tagsOf(found.Tags), spec.owner, removal)) return;
      try {
        await takeRights(iam(spec), spec.name, { keep: [], keepDenials: false });
        await takeCredentials(iam(spec), spec.name);
        await releaseDevices(iam(spec), spec.name);
      } catch (error) {
        if (!isNotFound(error)) throw error; // it went meanwhile
      }
      await iam(spec)
        .send(new DeleteUserCommand({ UserName: spec.name }))
        .catch(ignoreNotFound);
    },

    async findRemainingUser(spec: UserSpec, by: Removal['by']): Promise<Remaining[]> {
      const { name, owner } = spec;
      const found = await find(spec);
      return found ? remainingOf([{ id: found.Arn, name, tags: tagsOf(found.Tags) }], owner, by) : [];
    },
  };
};
