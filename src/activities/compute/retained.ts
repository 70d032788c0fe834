/** What owners left to the account on purpose: file systems, what guards them, and backups. */
import { DescribeBackupsCommand } from '@aws-sdk/client-fsx';
import { collect } from '#aws/pages.ts';
import type { Leftover } from '#domain/core/failures.ts';
import { RETAINED_TAG, tagsOf } from '#domain/core/ownership.ts';
import type { Spec } from '#domain/resources/spec.ts';
import type { ActivityDeps } from '../deps.ts';
import { filters } from '../ec2/client.ts';
import { findSecurityGroups } from '../ec2/security-group-parts.ts';
import { listFileSystems } from '../efs/file-system.ts';
import { type Fsx, listLustre } from '../fsx/lustre.ts';

const REASON = 'its data guard keeps it';

export const retainedActivities = ({ aws }: Pick<ActivityDeps, 'aws'>) => ({
  /** What this owner left. */
  async observeRetained({ account, owner }: Spec): Promise<Leftover[]> {
    const isLeft = ({ Tags }: { readonly Tags?: Parameters<typeof tagsOf>[0] | undefined }): boolean =>
      tagsOf(Tags)[RETAINED_TAG] === owner.id;
    const fsx = aws.fsx(account);
    const [efs, lustre, backups, groups] = await Promise.all([
      listFileSystems(aws.efs(account)),
      listLustre(fsx),
      listBackups(fsx),
      findSecurityGroups(aws.ec2(account), filters({ [`tag:${RETAINED_TAG}`]: owner.id })),
    ]);
    const left = (type: string, id: string | undefined, Tags: Parameters<typeof tagsOf>[0]): Leftover => ({
      type,
      id: id ?? null,
      name: tagsOf(Tags).Name ?? null,
      reason: REASON,
    });
    return [
      ...efs.filter(isLeft).map(({ FileSystemId, Tags }) => left('AWS::EFS::FileSystem', FileSystemId, Tags)),
      ...lustre.filter(isLeft).map(({ FileSystemId, Tags }) => left('AWS::FSx::FileSystem', FileSystemId, Tags)),
      ...backups.filter(isLeft).map(({ BackupId, Tags }) => left('AWS::FSx::Backup', BackupId, Tags)),
      ...groups.map(({ GroupId, Tags }) => left('AWS::EC2::SecurityGroup', GroupId, Tags)),
    ];
  },
});

const listBackups = (fsx: Fsx) =>
  collect(async (NextToken) => {
    const answer = await fsx.send(new DescribeBackupsCommand({ NextToken }));
    return { items: answer.Backups, next: answer.NextToken };
  });
