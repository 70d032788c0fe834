/**
 * The instance profile of one owner, around a role that its plan has beside it. It can be deleted when no role is in it.
 * @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_InstanceProfile.html
 */
import {
  CreateInstanceProfileCommand,
  DeleteInstanceProfileCommand,
  type InstanceProfile,
  RemoveRoleFromInstanceProfileCommand,
  TagInstanceProfileCommand,
} from '@aws-sdk/client-iam';
import { ignoreNotFound } from '#aws/errors.ts';
import { codeOf } from '#domain/core/failures.ts';
import { createdTags, type Made, mayRemove, originOf, type Removal, tagList, tagsOf } from '#domain/core/ownership.ts';
import type { OwnInstanceProfileSpec } from '#domain/resources/identity.ts';
import type { ActivityDeps } from '../deps.ts';
import { adopt } from '../shared/adopt.ts';
import { believeAbsent } from '../shared/look.ts';
import { type Remaining, remainingOf } from '../shared/remaining.ts';
import { addRoleToProfile, findProfile, refuseProfileClash } from './instance-profile-parts.ts';
import { probeInstanceProfile } from './instance-profile-probe.ts';
import { assertSameName, iamArn } from './names.ts';

type Deps = Pick<ActivityDeps, 'aws' | 'timing'>;

const arnOf = ({ account, path, name }: OwnInstanceProfileSpec): string =>
  iamArn(account, `instance-profile${path}${name}`);

const madeOf = (spec: OwnInstanceProfileSpec, origin: Made['origin']): Made => ({
  type: 'AWS::IAM::InstanceProfile',
  id: arnOf(spec),
  name: spec.name,
  origin,
});

export const ownInstanceProfileActivities = (deps: Deps) => {
  const iam = ({ account }: OwnInstanceProfileSpec) => deps.aws.iam(account);
  const find = (spec: OwnInstanceProfileSpec) => findProfile(iam(spec), spec.name);

  const create = async (spec: OwnInstanceProfileSpec): Promise<void> => {
    try {
      await iam(spec).send(
        new CreateInstanceProfileCommand({
          InstanceProfileName: spec.name,
          Path: spec.path,
          Tags: tagList({ ...spec.tags, ...createdTags(spec.owner) }),
        }),
      );
    } catch (error) {
      if (codeOf(error) === 'AlreadyExists') await refuseProfileClash(iam(spec), spec);
      throw error;
    }
  };

  const convergeTags = async (spec: OwnInstanceProfileSpec, found: InstanceProfile): Promise<void> => {
    const { name } = spec;
    assertSameName('instance profile', spec, { name: found.InstanceProfileName, path: found.Path });
    const lacking = adopt({ what: `instance profile ${name}`, tags: tagsOf(found.Tags) }, spec);
    if (Object.keys(lacking).length === 0) return;
    await iam(spec).send(new TagInstanceProfileCommand({ InstanceProfileName: name, Tags: tagList(lacking) }));
  };

  const removeRole = async (spec: OwnInstanceProfileSpec, RoleName: string | undefined): Promise<void> => {
    await iam(spec)
      .send(new RemoveRoleFromInstanceProfileCommand({ InstanceProfileName: spec.name, RoleName }))
      .catch(ignoreNotFound);
  };

  /** It is ours by now: a role that somebody else put into it makes room. */
  const convergeRole = async (spec: OwnInstanceProfileSpec, found: InstanceProfile | undefined): Promise<void> => {
    const roles = found?.Roles?.map(({ RoleName }) => RoleName) ?? [];
    if (roles.includes(spec.roleName)) return;
    for (const other of roles) await removeRole(spec, other);
    await addRoleToProfile(iam(spec), { profile: spec.name, role: spec.roleName }, deps);
  };

  return {
    /** @throws Conflict where a profile of the name is foreign, or differs from it by case or path. */
    async ensureOwnInstanceProfile(spec: OwnInstanceProfileSpec): Promise<{ made: Made; arn: string }> {
      const found = await find(spec);
      if (found) await convergeTags(spec, found);
      else await create(spec);
      await convergeRole(spec, found);
      const origin = found ? originOf(tagsOf(found.Tags), spec.owner) : 'created';
      return { made: madeOf(spec, origin), arn: arnOf(spec) };
    },

    /** One look. @throws NotYet while EC2 does not know the profile and its role, or gives no answer. */
    awaitOwnInstanceProfileUsable: (spec: OwnInstanceProfileSpec): Promise<void> => probeInstanceProfile(deps, spec),

    /** With no role in it; the role stays. @throws NotYet where a create may not be visible yet. */
    async deleteOwnInstanceProfile(spec: OwnInstanceProfileSpec, removal: Removal): Promise<void> {
      const found = await find(spec);
      if (!found) return believeAbsent(`instance profile ${spec.name}`, removal, deps);
      if (!mayRemove(tagsOf(found.Tags), spec.owner, removal)) return;
      for (const { RoleName } of found.Roles ?? []) await removeRole(spec, RoleName);
      await iam(spec)
        .send(new DeleteInstanceProfileCommand({ InstanceProfileName: spec.name }))
        .catch(ignoreNotFound);
    },

    async findRemainingOwnInstanceProfile(spec: OwnInstanceProfileSpec, by: Removal['by']): Promise<Remaining[]> {
      const { name, owner } = spec;
      const found = await find(spec);
      return found ? remainingOf([{ id: found.Arn, name, tags: tagsOf(found.Tags) }], owner, by) : [];
    },
  };
};
