/** Log groups of jobs. */
import {
  DeleteLogGroupCommand,
  DescribeLogGroupsCommand,
  ListTagsForResourceCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { collect } from '#aws/pages.ts';
import { listerOf, type Place, thingOf } from '../lister.ts';

/** Log groups of a compute environment are called after it, below the path of Batch's own. */
const BELOW = '/aws/batch/';

const logGroups = async ({ aws, account }: Place, logGroupNamePrefix: string) =>
  await collect(async (nextToken) => {
    const page = await aws.logs(account).send(new DescribeLogGroupsCommand({ logGroupNamePrefix, nextToken }));
    return { items: page.logGroups, next: page.nextToken };
  });

export const logGroup = listerOf({
  all: async (place) => {
    const prefixes = place.prefixes.flatMap((prefix) => [prefix, `${BELOW}${prefix}`]);
    return (await Promise.all(prefixes.map((prefix) => logGroups(place, prefix)))).flat();
  },
  one: async (place, id) => (await logGroups(place, id)).find(({ logGroupName }) => logGroupName === id),
  sight: async ({ logGroupName, logGroupArn: resourceArn, creationTime: createdAt }, { aws, account }) => {
    const logs = aws.logs(account);
    const { tags } = await logs.send(new ListTagsForResourceCommand({ resourceArn }));
    return {
      thing: thingOf('AWS::Logs::LogGroup', {
        id: logGroupName,
        name: logGroupName?.replace(BELOW, ''),
        tags,
        createdAt,
      }),
      push: () => logs.send(new DeleteLogGroupCommand({ logGroupName })),
    };
  },
});
