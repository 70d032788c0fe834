/** FSx file systems: they may hold data, so they are told of and never taken. */
import { DescribeFileSystemsCommand } from '@aws-sdk/client-fsx';
import { collect } from '#aws/pages.ts';
import { tagsOf } from '#domain/core/ownership.ts';
import { thingOf, told } from '../lister.ts';

export const fsx = told(async ({ aws, account }) => {
  const found = await collect(async (NextToken) => {
    const page = await aws.fsx(account).send(new DescribeFileSystemsCommand({ NextToken }));
    return { items: page.FileSystems, next: page.NextToken };
  });
  return found
    .filter(({ Lifecycle }) => Lifecycle !== 'DELETING')
    .map(({ FileSystemId: id, Tags, CreationTime: createdAt }) => {
      const tags = tagsOf(Tags);
      return thingOf('AWS::FSx::FileSystem', { id, name: tags.Name, tags, createdAt });
    });
});
