import { CreateAccessKeyCommand, CreateUserCommand, IAMClient, ListAccessKeysCommand } from '@aws-sdk/client-iam';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { expect, type TestContext } from 'vitest';
import { accessKeyActivities } from '#activities/iam/access-key.ts';
import { idsOf } from '#activities/iam/access-key-parts.ts';
import { accessKeyProbeActivities } from '#activities/iam/access-key-probe.ts';
import { accessKeyRemovalActivities } from '#activities/iam/access-key-removal.ts';
import { createdTags, tagList } from '#domain/core/ownership.ts';
import { activityRig, planFor } from '../../control/rig.ts';

/** A workspace's user without keys, and what the tests ask about them. */
export const accessKeyRig = async (t: TestContext) => {
  const rig = await activityRig(t);
  const iam = new IAMClient(rig.account.client);
  const specOf = (launchId: string) => planFor(rig, launchId)['access-key'];
  const spec = specOf('launch-1');
  const ids = idsOf(spec);
  await iam.send(new CreateUserCommand({ UserName: spec.userName, Tags: tagList(createdTags(spec.owner)) }));

  const keys = async () => {
    const { AccessKeyMetadata = [] } = await iam.send(new ListAccessKeysCommand({ UserName: spec.userName }));
    return AccessKeyMetadata.map(({ AccessKeyId = '', Status = '' }) => ({ id: AccessKeyId, status: Status }));
  };

  return {
    ...rig,
    iam,
    spec,
    specOf,
    ids,
    keys,
    keyIds: async () => (await keys()).map(({ id }) => id).sort(),

    /** As Hatchery or an administrator would. */
    async makeKey(): Promise<string> {
      const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: spec.userName }));
      return AccessKey?.AccessKeyId ?? '';
    },

    /** The key is sealed, by this launch, and AWS takes it. */
    async expectUsable(accessKeyId: string, launchId = 'launch-1'): Promise<void> {
      expect(await rig.control.seals.info(ids, accessKeyId)).toMatchObject({ run: launchId });
      const secret = await rig.control.seals.open(ids, accessKeyId);
      const sts = new STSClient({ ...rig.account.client, credentials: secret ?? rig.account.credentials });
      const { Arn } = await sts.send(new GetCallerIdentityCommand({}));
      expect(Arn).toContain(`user/${spec.userName}`);
    },

    ...accessKeyActivities(rig.deps),
    ...accessKeyRemovalActivities(rig.deps),
    ...accessKeyProbeActivities(rig.deps),
  };
};
