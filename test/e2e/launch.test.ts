import { expect, test } from 'vitest';
import { outlineLaunch } from '#domain/workspace/outline.ts';
import { planWorkspace } from '#domain/workspace/plan.ts';
import { WORKSPACE_RECORDS } from '#domain/workspace/record-codec.ts';
import { workspaceSubject } from '#domain/workspace/subject.ts';
import { eyrie } from '../support/eyrie.ts';

test('a first launch makes a workspace, and dispose leaves the account as it was, shared resources aside', async (t) => {
  const { launch, terminate, input, inventory, control } = await eyrie(t);
  const before = await inventory();
  const request = input();
  const handle = await launch(request);
  const { accessKeyId } = await handle.result();
  const record = await control.records(WORKSPACE_RECORDS).read(workspaceSubject(request.workspace));
  expect(record?.record).toMatchObject({ phase: 'running', key: { id: accessKeyId } });
  // Whoever answers (Temporal, the workflow, the record) tells the same time of birth.
  const createdAt = (await handle.describe()).startTime.toISOString();
  expect(record?.record).toMatchObject({ createdAt });
  expect(await handle.query('progress')).toMatchObject({ createdAt });
  // What a plan says is what is made, under the same names: no more, no less.
  const plan = planWorkspace(request);
  const outlined = outlineLaunch(plan, 'key').flatMap(({ name: step, makes }) =>
    makes.map(({ type }) => `${step} ${type}`),
  );
  const resources = record?.record.resources.map(({ step, type }) => `${step} ${type}`) ?? [];
  // The record has its key apart.
  expect(new Set(outlined)).toEqual(new Set([...resources, 'access-key AWS::IAM::AccessKey']));
  const made = await inventory();
  expect(made.map(({ type }) => type)).toEqual(
    expect.arrayContaining([
      'AWS::EC2::VPC',
      'AWS::EC2::Instance',
      'AWS::Batch::ComputeEnvironment',
      'AWS::Batch::JobQueue',
    ]),
  );
  const dispose = await terminate(request, 'dispose');
  expect(await dispose.result()).toEqual({ mode: 'dispose', residue: [] });
  const shared = ['AWS::IAM::InstanceProfile', 'AWS::KMS::Key', 'AWS::KMS::Alias', 'AWS::S3::Bucket'];
  const after = (await inventory()).filter(
    ({ type, name }) => !shared.includes(type) && !name?.endsWith('ecsInstanceRole'),
  );
  expect(after).toEqual(before);
});
