/**
 * A role: trust, boundary, attached and inline policies, tags. It can be deleted when nothing hangs on it any more.
 * @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_Role.html
 */
import { CreateRoleCommand, DeleteRoleCommand } from '@aws-sdk/client-iam';
import { ignoreNotFound } from '#aws/errors.ts';
import { codeOf } from '#domain/core/failures.ts';
import { createdTags, type Made, mayRemove, originOf, type Removal, tagList, tagsOf } from '#domain/core/ownership.ts';
import type { RoleSpec, SharedRoleSpec } from '#domain/resources/identity.ts';
import type { ActivityDeps } from '../deps.ts';
import { adopt } from '../shared/adopt.ts';
import { believeAbsent } from '../shared/look.ts';
import { type Remaining, remainingOf } from '../shared/remaining.ts';
import { whenVisible } from '../shared/visible.ts';
import { assertSameName, iamArn } from './names.ts';
import { attachPolicies, convergeInline, convergeRole, emptyRole, findRole, refuseRoleClash } from './role-parts.ts';

type Deps = Pick<ActivityDeps, 'aws' | 'timing'>;

type AnySpec = RoleSpec | SharedRoleSpec;

const arnOf = ({ account, path, name }: AnySpec): string => iamArn(account, `role${path}${name}`);

const madeOf = (spec: AnySpec, origin: Made['origin']): Made => ({
  type: 'AWS::IAM::Role',
  id: arnOf(spec),
  name: spec.name,
  origin,
});

export const roleActivities = (deps: Deps) => {
  const iam = ({ account }: AnySpec) => deps.aws.iam(account);

  const create = async (spec: AnySpec): Promise<void> => {
    try {
      await iam(spec).send(
        new CreateRoleCommand({
          RoleName: spec.name,
          Path: spec.path,
          AssumeRolePolicyDocument: spec.trust,
          ...(spec.permissionsBoundary !== undefined && { PermissionsBoundary: spec.permissionsBoundary }),
          Tags: tagList({ ...spec.tags, ...createdTags(spec.owner) }),
        }),
      );
    } catch (error) {
      if (codeOf(error) === 'AlreadyExists') await refuseRoleClash(iam(spec), spec);
      throw error;
    }
  };

  return {
    /**
     * With these policies and those that its spec names. What others attached stays; where the spec has inline policies,
     * those of others go. @throws Conflict where a role of the name is foreign, or differs from it by case or path.
     */
    async ensureRole(spec: AnySpec, policyArns: readonly string[]): Promise<{ made: Made; arn: string }> {
      const found = await findRole(iam(spec), spec.name);
      if (found) {
        assertSameName('role', spec, { name: found.RoleName, path: found.Path });
        const lacking = adopt({ what: `role ${spec.name}`, tags: tagsOf(found.Tags) }, spec);
        await convergeRole(iam(spec), found, { ...spec, tags: lacking });
      } else {
        await create(spec);
      }
      const { name, inline, managedPolicyArns = [] } = spec;
      await whenVisible(`role ${name} or its policy`, deps, async () => {
        await attachPolicies(iam(spec), name, [...managedPolicyArns, ...policyArns]);
        if (inline) await convergeInline(iam(spec), name, inline);
      });
      const tags = found ? tagsOf(found.Tags) : createdTags(spec.owner);
      return { made: madeOf(spec, originOf(tags, spec.owner)), arn: arnOf(spec) };
    },

    async deleteRole(spec: RoleSpec, removal: Removal): Promise<void> {
      const found = await findRole(iam(spec), spec.name);
      if (!found) return believeAbsent(`role ${spec.name}`, removal, deps);
      if (!mayRemove(tagsOf(found.Tags), spec.owner, removal)) return;
      await emptyRole(iam(spec), spec.name);
      await iam(spec)
        .send(new DeleteRoleCommand({ RoleName: spec.name }))
        .catch(ignoreNotFound);
    },

    async findRemainingRole(spec: RoleSpec, by: Removal['by']): Promise<Remaining[]> {
      const { name, owner } = spec;
      const found = await findRole(iam(spec), name);
      return found ? remainingOf([{ id: found.Arn, name, tags: tagsOf(found.Tags) }], owner, by) : [];
    },
  };
};
