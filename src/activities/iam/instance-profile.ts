/**
 * An instance profile and its role, shared by all owners of an environment in an account. Every part is looked at each
 * time: a first run that broke off in the middle must not leave a profile without a role for good.
 * @see https://docs.aws.amazon.com/batch/latest/userguide/instance_IAM_role.html
 */
import {
  CreateInstanceProfileCommand,
  CreateRoleCommand,
  type Role,
  TagInstanceProfileCommand,
} from '@aws-sdk/client-iam';
import { codeOf, fail } from '#domain/core/failures.ts';
import { adoptedTags, isOwnedBy, type Made, type Tags, tagList, tagsOf } from '#domain/core/ownership.ts';
import type { InstanceProfileSpec } from '#domain/resources/identity.ts';
import type { ActivityDeps } from '../deps.ts';
import { adopt } from '../shared/adopt.ts';
import { whenVisible } from '../shared/visible.ts';
import { sameDocument } from './documents.ts';
import { addRoleToProfile, findProfile, refuseProfileClash } from './instance-profile-parts.ts';
import { probeInstanceProfile } from './instance-profile-probe.ts';
import { assertSameName, iamArn } from './names.ts';
import { attachPolicies, convergeRole, findRole, refuseRoleClash, trustOf } from './role-parts.ts';

type Deps = Pick<ActivityDeps, 'aws' | 'timing'>;

const wantedOf = ({ name }: InstanceProfileSpec) => ({ name, path: '/' });

const tagsFor = ({ tags, owner }: InstanceProfileSpec): Tags => ({ ...tags, ...adoptedTags(owner) });

export const instanceProfileActivities = (deps: Deps) => {
  const iam = ({ account }: InstanceProfileSpec) => deps.aws.iam(account);

  const ensureRole = async (spec: InstanceProfileSpec): Promise<void> => {
    const { name, trust, managedPolicyArns } = spec;
    const found = await findRole(iam(spec), name);
    if (found) await adoptRole(spec, found);
    else await createRole(spec, trust);
    await whenVisible(`role ${name}`, deps, () => attachPolicies(iam(spec), name, managedPolicyArns));
  };

  const adoptRole = async (spec: InstanceProfileSpec, found: Role): Promise<void> => {
    const { name, trust } = spec;
    assertSameName('role', wantedOf(spec), { name: found.RoleName, path: found.Path });
    const tags = tagsOf(found.Tags);
    const lacking = adopt({ what: `role ${name}`, tags }, spec);
    // Where no tag is asked of it, its trust is the only sign; once it is ours, a drift of the trust is repaired.
    if (!isOwnedBy(tags, spec.owner) && !sameDocument(trustOf(found), trust)) {
      throw fail('Conflict', `role ${name} exists, but EC2 is not what it trusts; it was left as it is`);
    }
    await convergeRole(iam(spec), found, { trust, tags: lacking });
  };

  const createRole = async (spec: InstanceProfileSpec, trust: string): Promise<void> => {
    try {
      await iam(spec).send(
        new CreateRoleCommand({
          RoleName: spec.name,
          AssumeRolePolicyDocument: trust,
          Tags: tagList(tagsFor(spec)),
        }),
      );
    } catch (error) {
      if (codeOf(error) === 'AlreadyExists') await refuseRoleClash(iam(spec), wantedOf(spec));
      throw error;
    }
  };

  const ensureProfile = async (spec: InstanceProfileSpec): Promise<void> => {
    const { name } = spec;
    const found = await findProfile(iam(spec), name);
    if (!found) return createProfile(spec);
    assertSameName('instance profile', wantedOf(spec), { name: found.InstanceProfileName, path: found.Path });
    const other = found.Roles?.find(({ RoleName }) => RoleName !== name)?.RoleName;
    if (other) {
      throw fail('Conflict', `instance profile ${name} holds the role ${other}, not ${name}; it was left as it is`);
    }
    const lacking = adopt({ what: `instance profile ${name}`, tags: tagsOf(found.Tags) }, spec);
    if (Object.keys(lacking).length > 0) {
      const Tags = tagList(lacking);
      await iam(spec).send(new TagInstanceProfileCommand({ InstanceProfileName: name, Tags }));
    }
    if (found.Roles?.length !== 1) await addRole(spec);
  };

  const createProfile = async (spec: InstanceProfileSpec): Promise<void> => {
    const InstanceProfileName = spec.name;
    try {
      await iam(spec).send(new CreateInstanceProfileCommand({ InstanceProfileName, Tags: tagList(tagsFor(spec)) }));
    } catch (error) {
      if (codeOf(error) === 'AlreadyExists') await refuseProfileClash(iam(spec), wantedOf(spec));
      throw error;
    }
    await addRole(spec);
  };

  const addRole = (spec: InstanceProfileSpec): Promise<void> =>
    addRoleToProfile(iam(spec), { profile: spec.name, role: spec.name }, deps);

  return {
    /** @throws Conflict where role or profile of the name are foreign. */
    async ensureInstanceProfile(spec: InstanceProfileSpec): Promise<{ made: Made[]; arn: string }> {
      const { name } = spec;
      await ensureRole(spec);
      await ensureProfile(spec);
      const arn = iamArn(spec.account, `instance-profile/${name}`);
      return {
        made: [
          { type: 'AWS::IAM::Role', id: iamArn(spec.account, `role/${name}`), name, origin: 'shared' },
          { type: 'AWS::IAM::InstanceProfile', id: arn, name, origin: 'shared' },
        ],
        arn,
      };
    },

    /** One look. @throws NotYet while EC2 does not know the profile and its role, or gives no answer. */
    awaitInstanceProfileUsable: (spec: InstanceProfileSpec): Promise<void> => probeInstanceProfile(deps, spec),
  };
};
