import { expect, test } from 'vitest';
import { workerNamesOf } from '#tes/worker-names.ts';

test('the names of a user’s workers are those of gen3-workflow', () => {
  expect(workerNamesOf('qwert.qwert', 'asdfgh')).toEqual({
    roleName: 'gen3wf-qwert-qwert-asdfgh-funnel-role',
    serviceAccount: 'gen3wf-qwert-qwert-asdfgh-worker-sa',
  });
  const { roleName, serviceAccount } = workerNamesOf('h'.repeat(65), 'asdfgh');
  expect([roleName.length, serviceAccount.length]).toEqual([63, 63]);
  expect(roleName).toMatch(/^gen3wf-h+-asdfgh-funnel-role$/);
});
