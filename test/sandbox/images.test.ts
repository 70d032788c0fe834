import { DescribeImagesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { ImagebuilderClient, ListImagePipelineImagesCommand } from '@aws-sdk/client-imagebuilder';
import { expect, test } from 'vitest';
import { sandboxAccount } from '../support/sandbox.ts';

const start = async () => {
  const account = await sandboxAccount();
  const arn = `arn:aws:imagebuilder:us-east-1:${account.id}:image-pipeline/nextflow-fips`;
  const builder = new ImagebuilderClient(account.client);
  const list = (more: object = {}) =>
    builder.send(new ListImagePipelineImagesCommand({ imagePipelineArn: arn, ...more }));
  return { account, arn, list };
};

const built = (day: number, state: string, image?: string) => ({
  state,
  dateCreated: `2026-01-${String(day).padStart(2, '0')}T00:00:00Z`,
  amis: image ? [{ region: 'us-east-1', image }] : [],
});

test('a seeded pipeline lists its images with state, date and machine images', async () => {
  const { account, arn, list } = await start();
  const images = [built(1, 'AVAILABLE', 'ami-00000000000000001'), built(2, 'BUILDING')];
  await account.seed('POST images', { images: [], pipelines: [{ arn, images }] });
  const { imageSummaryList: found = [], nextToken } = await list();
  expect(nextToken).toBeUndefined();
  expect(found).toMatchObject([
    {
      state: { status: 'AVAILABLE' },
      dateCreated: '2026-01-01T00:00:00Z',
      outputResources: { amis: [{ region: 'us-east-1', image: 'ami-00000000000000001' }] },
    },
    { state: { status: 'BUILDING' }, outputResources: { amis: [] } },
  ]);
});

test('a long list comes in pages', async () => {
  const { account, arn, list } = await start();
  const images = Array.from({ length: 28 }, (_, index) => built(index + 1, 'AVAILABLE', `ami-${index}`));
  await account.seed('POST images', { images: [], pipelines: [{ arn, images }] });
  const first = await list();
  expect(first.imageSummaryList).toHaveLength(25);
  const second = await list({ nextToken: first.nextToken });
  expect(second.imageSummaryList?.map(({ dateCreated }) => dateCreated?.slice(8, 10))).toEqual(['26', '27', '28']);
  expect(second.nextToken).toBeUndefined();
});

test('an absent pipeline is ResourceNotFoundException', async () => {
  const { list } = await start();
  await expect(list()).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
});

test('a seeded image is one that EC2 describes', async () => {
  const { account } = await start();
  const image = { id: 'ami-0eee0000000000001', name: 'nextflow', architecture: 'x86_64' };
  await account.seed('POST images', { images: [image], pipelines: [] });
  const { Images } = await new EC2Client(account.client).send(new DescribeImagesCommand({ ImageIds: [image.id] }));
  expect(Images).toMatchObject([{ ImageId: image.id, Name: 'nextflow', Architecture: 'x86_64' }]);
});
