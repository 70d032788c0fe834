import { DescribeImagesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { expect, test } from 'vitest';
import { sandboxAccount } from '../support/sandbox.ts';

const ROOT = '/aws/service/ecs/optimized-ami';

test.each(['amazon-linux-2023', 'amazon-linux-2', 'amazon-linux-2/gpu', 'amazon-linux-2023/arm64'])(
  'the recommended image of %s is one that EC2 knows',
  async (flavour) => {
    const account = await sandboxAccount();
    const Name = `${ROOT}/${flavour}/recommended/image_id`;
    const { Parameter } = await new SSMClient(account.client).send(new GetParameterCommand({ Name }));
    expect(Parameter?.Value).toMatch(/^ami-[0-9a-f]+$/);
    const ec2 = new EC2Client(account.client);
    const { Images } = await ec2.send(new DescribeImagesCommand({ ImageIds: [Parameter?.Value ?? ''] }));
    expect(Images).toHaveLength(1);
  },
);

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
