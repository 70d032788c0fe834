import { BatchClient, DescribeJobDefinitionsCommand, RegisterJobDefinitionCommand } from '@aws-sdk/client-batch';
import { expect, type TestContext, test } from 'vitest';
import { jobDefinitionActivities } from '#activities/batch/job-definitions.ts';
import type { JobDefinitionsSpec } from '#domain/resources/batch.ts';
import { activityRig, BY_LAUNCH, BY_WORKSPACE } from '../../control/rig.ts';
import { computeSpecs } from '../compute-specs.ts';

const rigOf = async (t: TestContext) => {
  const rig = await activityRig(t);
  const batch = new BatchClient(rig.account.client);
  const { account, owner, name } = computeSpecs(rig.ref).template;
  const spec: JobDefinitionsSpec = { account, owner, namePrefix: name };
  const activities = jobDefinitionActivities(rig.deps);
  return {
    spec,
    ...activities,
    register: (jobDefinitionName: string, tags: Record<string, string> = {}) =>
      batch.send(
        new RegisterJobDefinitionCommand({
          jobDefinitionName,
          type: 'container',
          containerProperties: { image: 'any', vcpus: 1, memory: 128 },
          tags,
        }),
      ),
    async active(): Promise<string[]> {
      const { jobDefinitions = [] } = await batch.send(new DescribeJobDefinitionsCommand({ status: 'ACTIVE' }));
      return jobDefinitions.map(({ jobDefinitionName, revision }) => `${jobDefinitionName}:${revision}`).toSorted();
    },
    async observed(): Promise<(string | null)[]> {
      const names: (string | null)[] = [];
      let from: string | null = null;
      do {
        const slice: Awaited<ReturnType<typeof activities.observeJobDefinitions>> =
          await activities.observeJobDefinitions(spec, from);
        names.push(...slice.items.map(({ name: one }) => one));
        from = slice.next;
      } while (from !== null);
      return names;
    },
  };
};

test('what carries its tag, or no tag but its id in the name, goes; what is anybody else’s stays', async (t) => {
  const rig = await rigOf(t);
  const { spec } = rig;
  const ours = { 'eyrie:compute-environment': spec.owner.id };
  await rig.register('nf-quay-io-fastqc', ours);
  await rig.register('nf-quay-io-fastqc', ours);
  await rig.register(`${spec.namePrefix}-by-hand`);
  await rig.register('nf-of-another', { 'eyrie:compute-environment': 'localhost.other' });
  await rig.register(`${spec.namePrefix}-of-another`, { 'eyrie:compute-environment': 'localhost.other' });
  await rig.register('nf-of-nobody');
  await rig.register(`${spec.namePrefix}-of-a-workspace`, { 'eyrie:workspace': 'localhost.jane' });
  await rig.register('nf-of-elsewhere', { ...ours, 'eyrie:environment': 'elsewhere' });
  expect(await rig.observed()).toHaveLength(3);

  // No run registers what clients do.
  expect(await rig.deleteJobDefinitions(spec, BY_LAUNCH, null)).toMatchObject({ items: [] });
  expect(await rig.active()).toHaveLength(8);
  expect((await rig.deleteJobDefinitions(spec, BY_WORKSPACE, null)).items).toHaveLength(3);
  expect((await rig.deleteJobDefinitions(spec, BY_WORKSPACE, null)).items).toEqual([]);
  expect(await rig.active()).toEqual(
    [
      `${spec.namePrefix}-of-a-workspace:1`,
      `${spec.namePrefix}-of-another:1`,
      'nf-of-another:1',
      'nf-of-elsewhere:1',
      'nf-of-nobody:1',
    ].toSorted(),
  );
  expect(await rig.observed()).toEqual([]);
});

test('all pages are read', async (t) => {
  const rig = await rigOf(t);
  const ours = { 'eyrie:compute-environment': rig.spec.owner.id };
  const all = Array.from({ length: 120 }, (_, nth) => `nf-image-${nth}`);
  for (const name of all) await rig.register(name, ours);
  expect((await rig.observed()).toSorted()).toEqual(all.toSorted());
});
