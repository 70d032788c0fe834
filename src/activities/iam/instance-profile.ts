/**
 * An instance profile and its role, shared by all owners of an environment in an account. Every part is looked at each
 * time: a first run that broke off in the middle must not leave a profile without a role for good.
 * @see https://docs.aws.amazon.com/batch/latest/userguide/instance_IAM_role.html
 */
import { RunInstancesCommand } from '@aws-sdk/client-ec2';
import {
  AddRoleToInstanceProfileCommand,
  CreateInstanceProfileCommand,
  CreateRoleCommand,
  GetInstanceProfileCommand,
  type InstanceProfile,
  ListInstanceProfilesCommand,
  type Role,
  TagInstanceProfileCommand,
} from '@aws-sdk/client-iam';
import { GetParameterCommand } from '@aws-sdk/client-ssm';
import { log } from '@temporalio/activity';
import { ignoreNotFound, isAwsCode } from '#aws/errors.ts';
import { collect } from '#aws/pages.ts';
import { adoptedTags, isOwnedBy, type Made, type Tags, tagList, tagsOf } from '#domain/core/ownership.ts';
import { codeOf, type FailureCode, factsOf, fail } from '#domain/failures.ts';
import type { InstanceProfileSpec } from '#domain/resources/identity.ts';
import type { ActivityDeps } from '../deps.ts';
import { adopt } from '../shared/adopt.ts';
import { lookAgain } from '../shared/look.ts';
import { whenVisible } from '../shared/visible.ts';
import { sameDocument } from './documents.ts';
import { assertSameName, iamArn, isSameName } from './names.ts';
import { attachPolicies, convergeRole, findRole, refuseRoleClash, trustOf } from './role-parts.ts';

/** Any image will do: the call is a dry run. */
const IMAGE_PARAMETER = '/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id';
const DRY_RUN_TYPE = 't3.micro';

/** The service said nothing about what it was asked: it is asked again. */
const NO_ANSWER: readonly FailureCode[] = ['Throttled', 'Unavailable'];

type Deps = Pick<ActivityDeps, 'aws' | 'timing'>;

const wantedOf = ({ name }: InstanceProfileSpec) => ({ name, path: '/' });

const tagsFor = ({ tags, owner }: InstanceProfileSpec): Tags => ({ ...tags, ...adoptedTags(owner) });

export const instanceProfileActivities = (deps: Deps) => {
  const iam = ({ account }: InstanceProfileSpec) => deps.aws.iam(account);

  const findProfile = async (spec: InstanceProfileSpec): Promise<InstanceProfile | undefined> => {
    const InstanceProfileName = spec.name;
    const found = await iam(spec).send(new GetInstanceProfileCommand({ InstanceProfileName })).catch(ignoreNotFound);
    return found?.InstanceProfile;
  };

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
    const found = await findProfile(spec);
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
      if (codeOf(error) === 'AlreadyExists') await refuseProfileClash(spec);
      throw error;
    }
    await addRole(spec);
  };

  const refuseProfileClash = async (spec: InstanceProfileSpec): Promise<void> => {
    const profiles = await collect(async (Marker) => {
      const page = await iam(spec).send(new ListInstanceProfilesCommand({ Marker }));
      return { items: page.InstanceProfiles, next: page.Marker };
    });
    const clash = profiles.find((each) => isSameName(each.InstanceProfileName, spec.name));
    if (!clash) return;
    assertSameName('instance profile', wantedOf(spec), { name: clash.InstanceProfileName, path: clash.Path });
  };

  const addRole = async (spec: InstanceProfileSpec): Promise<void> => {
    const { name } = spec;
    try {
      await whenVisible(`instance profile ${name} or its role`, deps, () =>
        iam(spec).send(new AddRoleToInstanceProfileCommand({ InstanceProfileName: name, RoleName: name })),
      );
    } catch (error) {
      // It holds a role by now: another foundation's call, or an earlier one of ours that was not visible.
      if (codeOf(error) !== 'QuotaExceeded') throw error;
      throw lookAgain(`instance profile ${name} got a role meanwhile`, deps, factsOf(error));
    }
  };

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

    /**
     * One look: does EC2 know this profile and its role? It learns of them some seconds after IAM made them, and Batch
     * answers INVALID if asked before. A dry run tells. Whatever else it says, a denial too, is about the probe and not
     * about the profile: a policy of the organisation may forbid this very instance and let Batch's through.
     * @throws NotYet while EC2 does not know it, or gives no answer.
     * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_iam-ec2.html
     */
    async awaitInstanceProfileUsable(spec: InstanceProfileSpec): Promise<void> {
      const { account, name } = spec;
      try {
        const { Parameter } = await deps.aws.ssm(account).send(new GetParameterCommand({ Name: IMAGE_PARAMETER }));
        await deps.aws.ec2(account).send(
          new RunInstancesCommand({
            DryRun: true,
            ImageId: Parameter?.Value,
            InstanceType: DRY_RUN_TYPE,
            MinCount: 1,
            MaxCount: 1,
            IamInstanceProfile: { Name: name },
            MetadataOptions: { HttpTokens: 'required', HttpEndpoint: 'enabled' },
          }),
        );
      } catch (error) {
        const { awsCode, operation } = factsOf(error);
        if (codeOf(error) === 'NotYet' && isAwsCode(error, 'InvalidParameterValue')) {
          throw lookAgain(`EC2 does not know the instance profile ${name} yet`, deps, factsOf(error));
        }
        if (NO_ANSWER.includes(codeOf(error))) throw error;
        // Without a default VPC the dry run ends at the missing subnet, which is past the profile.
        if (isAwsCode(error, 'DryRunOperation', 'VPCIdNotSpecified', 'MissingInput')) return;
        log.info('the probe of the instance profile was refused; it counts as passed', { awsCode, operation });
      }
    },
  };
};
