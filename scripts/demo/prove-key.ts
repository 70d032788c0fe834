/** Does with a workspace's key what Nextflow would, and what it must not. */
import {
  BatchClient,
  DescribeJobQueuesCommand,
  RegisterJobDefinitionCommand,
  SubmitJobCommand,
} from '@aws-sdk/client-batch';
import { ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { DevState } from '../../src/cli/dev/state.ts';
import type { WorkspaceView } from '../../src/domain/workspace/view.ts';

interface Key {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Lines that say what was tried. @throws Error where something works that must not, or does not that must. */
export const proveKey = async (dev: DevState, workspace: WorkspaceView, key: Key): Promise<string[]> => {
  const find = (type: string) => workspace.resources.find((one) => one.type === type)?.name ?? '';
  const bucket = find('AWS::S3::Bucket') || `localhost-nf-${dev.account}`;
  const queue = find('AWS::Batch::JobQueue');
  const own = workspace.id.slice(workspace.id.indexOf('.') + 1);
  const options = { region: dev.region, endpoint: dev.aws, credentials: { ...key } };
  const s3 = new S3Client({ ...options, forcePathStyle: true });
  const batch = new BatchClient(options);

  await s3.send(new PutObjectCommand({ Bucket: bucket, Key: `${own}/hello.txt`, Body: 'hello' }));
  const { KeyCount } = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: `${own}/` }));
  if (KeyCount !== 1) throw new Error(`expected one object below ${own}/, found ${KeyCount}`);

  const refused = await s3
    .send(new PutObjectCommand({ Bucket: bucket, Key: 'somebody-else/hello.txt', Body: 'x' }))
    .then(
      () => undefined,
      (error: Error) => error.name,
    );
  if (refused !== 'AccessDenied') throw new Error(`writing to somebody else's prefix: ${refused ?? 'it worked'}`);

  await batch.send(new DescribeJobQueuesCommand({ jobQueues: [queue] }));
  const { jobDefinitionArn } = await batch.send(
    new RegisterJobDefinitionCommand({
      jobDefinitionName: 'nf-hello',
      type: 'container',
      containerProperties: {
        image: 'quay.io/nextflow/bash',
        command: ['true'],
        resourceRequirements: [
          { type: 'VCPU', value: '1' },
          { type: 'MEMORY', value: '512' },
        ],
      },
    }),
  );
  const { jobId } = await batch.send(
    new SubmitJobCommand({ jobName: 'hello', jobQueue: queue, jobDefinition: jobDefinitionArn }),
  );
  return [
    `wrote and listed s3://${bucket}/${own}/hello.txt`,
    'writing to another user’s prefix is refused: AccessDenied',
    `submitted job ${jobId} to ${queue}`,
  ];
};
