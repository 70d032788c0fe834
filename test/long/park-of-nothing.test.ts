/** A park of a workspace whose first launch failed: it looks for what there may be to be parked. */

import { afterAll, expect, test } from 'vitest';
import { WORKSPACE_RECORDS } from '#domain/workspace/record-codec.ts';
import { workspaceSubject } from '#domain/workspace/subject.ts';
import { openEyrie } from '../support/eyrie.ts';

const eyrie = await openEyrie();
afterAll(async () => {
  await eyrie.close();
});

test('there is nothing, though AWS refuses once to tell', async (t) => {
  const { account, control, launch, terminate, input: anInput } = await eyrie.tenant(t);
  const input = anInput();
  await account.faults({ service: 'batch', operation: 'CreateJobQueue', times: -1, fault: 'denied' });
  await expect((await launch(input)).result()).rejects.toThrow();
  await account.clearFaults();
  // Its steps look first, and insist in any case.
  await account.faults({ service: 'ec2', operation: 'DescribeVpcEndpoints', skip: 2, times: 1, fault: 'denied' });
  await (await terminate(input, 'park')).result();
  const [fault] = await account.faultStates();
  expect(fault?.hits).toBe(1);
  const read = await control.records(WORKSPACE_RECORDS).read(workspaceSubject(input.workspace));
  expect(read?.record).toMatchObject({ phase: 'disposed', resources: [], leftovers: [] });
});
