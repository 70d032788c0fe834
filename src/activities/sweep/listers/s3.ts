/** Buckets: they may hold data, so they are told of and never taken. */
import { GetBucketTaggingCommand, ListBucketsCommand } from '@aws-sdk/client-s3';
import { codeOf, factsOf } from '#domain/core/failures.ts';
import { tagsOf } from '#domain/core/ownership.ts';
import { isCalledAsOurs, type Place, thingOf, told } from '../lister.ts';

const bucketTags = async ({ aws, account }: Place, Bucket: string) => {
  try {
    return tagsOf((await aws.s3(account).send(new GetBucketTaggingCommand({ Bucket }))).TagSet);
  } catch (error) {
    // Of a bucket in another region, or that is closed to us, nothing is known but its name.
    const known = codeOf(error) === 'NotFound' || factsOf(error).awsCode === 'NoSuchTagSet';
    if (known || codeOf(error) === 'Denied' || codeOf(error) === 'Invalid') return {};
    throw error;
  }
};

export const bucket = told(async (place) => {
  const { Buckets = [] } = await place.aws.s3(place.account).send(new ListBucketsCommand({}));
  const ours = Buckets.filter(({ Name }) => isCalledAsOurs(Name, place));
  return await Promise.all(
    ours.map(async ({ Name = '', CreationDate: createdAt }) =>
      thingOf('AWS::S3::Bucket', { id: Name, name: Name, tags: await bucketTags(place, Name), createdAt }),
    ),
  );
});
