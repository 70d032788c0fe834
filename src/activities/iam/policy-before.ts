/** Which document a policy had before a launch: a failed one makes that version the default again. */
import {
  DeletePolicyVersionCommand,
  GetPolicyCommand,
  ListPolicyVersionsCommand,
  SetDefaultPolicyVersionCommand,
} from '@aws-sdk/client-iam';
import { ignoreNotFound } from '#aws/errors.ts';
import type { Before } from '#domain/core/before.ts';
import { isOwnedBy, tagsOf } from '#domain/core/ownership.ts';
import type { PolicySpec } from '#domain/resources/identity.ts';
import type { ActivityDeps } from '../deps.ts';
import { iamArn } from './names.ts';

interface Was {
  readonly defaultVersion: string;
  readonly versions: readonly string[];
}

export const policyBeforeActivities = ({ aws }: Pick<ActivityDeps, 'aws'>) => {
  const arnOf = ({ account, path, name }: PolicySpec) => iamArn(account, `policy${path}${name}`);

  const find = async (spec: PolicySpec) => {
    return (
      await aws
        .iam(spec.account)
        .send(new GetPolicyCommand({ PolicyArn: arnOf(spec) }))
        .catch(ignoreNotFound)
    )?.Policy;
  };

  const versionsOf = async (spec: PolicySpec): Promise<string[]> => {
    const { Versions = [] } = await aws
      .iam(spec.account)
      .send(new ListPolicyVersionsCommand({ PolicyArn: arnOf(spec) }));
    return Versions.flatMap(({ VersionId }) => VersionId ?? []);
  };

  return {
    /** Null where there is none. */
    async rememberPolicy(spec: PolicySpec): Promise<Before<Was> | null> {
      const found = await find(spec);
      if (!found?.DefaultVersionId) return null;
      const was = { defaultVersion: found.DefaultVersionId, versions: await versionsOf(spec) };
      return { resource: { type: 'AWS::IAM::ManagedPolicy', id: arnOf(spec), name: spec.name }, was };
    },

    /** The version that it had is the default again, and what came after it is gone. Gone itself is success. */
    async restorePolicy(spec: PolicySpec, before: Before): Promise<void> {
      const { defaultVersion: VersionId, versions } = before.was as Was;
      const found = await find(spec);
      if (!found || !isOwnedBy(tagsOf(found.Tags), spec.owner)) return;
      const iam = aws.iam(spec.account);
      const PolicyArn = arnOf(spec);
      if (found.DefaultVersionId !== VersionId) {
        await iam.send(new SetDefaultPolicyVersionCommand({ PolicyArn, VersionId }));
      }
      for (const made of (await versionsOf(spec)).filter((one) => !versions.includes(one))) {
        await iam.send(new DeletePolicyVersionCommand({ PolicyArn, VersionId: made })).catch(ignoreNotFound);
      }
    },
  };
};
