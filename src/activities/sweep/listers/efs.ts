/** EFS file systems: they may hold data, so they are told of and never taken. */
import { DescribeFileSystemsCommand } from '@aws-sdk/client-efs';
import { collect } from '#aws/pages.ts';
import { tagsOf } from '#domain/core/ownership.ts';
import { thingOf, told } from '../lister.ts';

export const efs = told(async ({ aws, account }) => {
  const found = await collect(async (Marker) => {
    const page = await aws.efs(account).send(new DescribeFileSystemsCommand({ Marker }));
    return { items: page.FileSystems, next: page.NextMarker };
  });
  return found
    .filter(({ LifeCycleState }) => LifeCycleState !== 'deleting' && LifeCycleState !== 'deleted')
    .map(({ FileSystemId: id, Name: name, Tags, CreationTime: createdAt }) =>
      thingOf('AWS::EFS::FileSystem', { id, name, tags: tagsOf(Tags), createdAt }),
    );
});
