import { DescribeImagesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { expect, test } from 'vitest';
import { sandboxAccount } from '../support/sandbox.ts';

const ROOT = '/aws/service/ecs/optimized-ami';

const VARIANTS = ['amazon-linux-2023', 'amazon-linux-2'].flatMap((os) => [os, `${os}/arm64`, `${os}/gpu`]);

test.each(VARIANTS)('the recommended image of %s is one that EC2 knows', async (flavour) => {
  const account = await sandboxAccount();
  const Name = `${ROOT}/${flavour}/recommended/image_id`;
  const { Parameter } = await new SSMClient(account.client).send(new GetParameterCommand({ Name }));
  expect(Parameter?.Value).toMatch(/^ami-[0-9a-f]+$/);
  const ec2 = new EC2Client(account.client);
  const { Images } = await ec2.send(new DescribeImagesCommand({ ImageIds: [Parameter?.Value ?? ''] }));
  expect(Images).toMatchObject([
    { Architecture: flavour.endsWith('arm64') ? 'arm64' : 'x86_64', RootDeviceName: '/dev/xvda', State: 'available' },
  ]);
});

test('an absent parameter is ParameterNotFound', async () => {
  const account = await sandboxAccount();
  const ssm = new SSMClient(account.client);
  await expect(ssm.send(new GetParameterCommand({ Name: `${ROOT}/none/recommended` }))).rejects.toMatchObject({
    name: 'ParameterNotFound',
  });
});

test('a parameter that holds an object is JSON', async () => {
  const account = await sandboxAccount();
  const Name = `${ROOT}/amazon-linux-2023/recommended`;
  const { Parameter } = await new SSMClient(account.client).send(new GetParameterCommand({ Name }));
  expect(JSON.parse(Parameter?.Value ?? '')).toMatchObject({ image_id: expect.stringMatching(/^ami-[0-9a-f]+$/) });
});

test('a newer image appears for one variant in one account, under all its names', async () => {
  const account = await sandboxAccount();
  const ssm = new SSMClient(account.client);
  const get = async (name: string, client = ssm) =>
    (await client.send(new GetParameterCommand({ Name: `${ROOT}/${name}` }))).Parameter;
  const variant = 'amazon-linux-2023/arm64';
  const before = await get(`${variant}/recommended/image_id`);
  expect(before?.ARN).toBe(`arn:aws:ssm:us-east-1::parameter${ROOT}/${variant}/recommended/image_id`);
  const { id } = (await account.seed('PUT recommended-image', { variant })) as { id: string };
  const after = await get(`${variant}/recommended/image_id`);
  expect(after?.Value).toBe(id);
  expect(after?.Value).not.toBe(before?.Value);
  expect(Number(after?.Version)).toBeGreaterThan(Number(before?.Version));
  expect(JSON.parse((await get(`${variant}/recommended`))?.Value ?? '')).toMatchObject({ image_id: id });
  expect((await get('amazon-linux-2023/recommended/image_id'))?.Value).not.toBe(id);
  const { Images } = await new EC2Client(account.client).send(new DescribeImagesCommand({ ImageIds: [id] }));
  expect(Images).toMatchObject([{ Architecture: 'arm64', RootDeviceName: '/dev/xvda' }]);
  const other = new SSMClient((await sandboxAccount()).client);
  expect((await get(`${variant}/recommended/image_id`, other))?.Value).toBe(before?.Value);
  await expect(account.seed('PUT recommended-image', { variant: 'windows' })).rejects.toThrow('400');
});
