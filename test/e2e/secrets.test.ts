import { randomUUID } from 'node:crypto';
import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { workspaceSubject } from '#domain/workspace/subject.ts';
import { openEyrie } from '../support/eyrie.ts';
import { sealedBy } from '../support/sealed.ts';

test('the secret of a launch’s key stands in no object of the control bucket, nor in a history: a planted one is found', async (t) => {
  const eyrie = await openEyrie();
  const tenant = await eyrie.tenant(t);
  const input = tenant.input();
  await (await tenant.launch(input)).result();
  const sealed = await sealedBy(eyrie.control.seals, workspaceSubject(input.workspace), input.launchId);
  const secret = sealed?.secretAccessKey ?? 'no seal';

  const s3 = new S3Client(eyrie.home.client);
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: eyrie.controlBucket }));
  expect(Contents.map(({ Key }) => Key?.split('/')[0])).toEqual(expect.arrayContaining(['seals', 'workspaces']));
  for (const { Key } of Contents) {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: eyrie.controlBucket, Key }));
    expect(await Body?.transformToString('latin1'), Key).not.toContain(secret);
  }

  // Every other suite of this folder ends with the scan that is seen to bite here.
  await eyrie.rig.stopWorker();
  const planted = { workflowId: `planted-${randomUUID()}`, taskQueue: eyrie.rig.taskQueue, args: [{ note: secret }] };
  const handle = await eyrie.rig.client.workflow.start('planted', planted);
  eyrie.rig.watch(handle);
  await handle.terminate('it was only planted');
  await expect(eyrie.close()).rejects.toThrow(/1 secrets stand in the history of planted-/);
});
