/** A test waits on a condition, or its clock is injected: what sleeps, hopes that the machine is fast enough. */
import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const PAUSES = /\bsetTimeout\(|timers\/promises|\bAtomics\.wait\(/;

/** What polls, tries again as Temporal does, ends what takes too long, or answers late on purpose. */
const ALLOWED = [
  'test/api/slow-bodies.test.ts',
  'test/control/rig.ts',
  'test/domain/published-roles.test.ts',
  'test/load/stop-under-load.test.ts',
  'test/long/interrupts.test.ts',
  'test/long/stories/player.ts',
  'test/s3/cases/http.test.ts',
  'test/s3/support/versitygw.ts',
  'test/support/balancer.ts',
  'test/support/hatchery-batch.ts',
  'test/support/workflow-rig.ts',
  'test/support/workspace-runs.ts',
];

test('no test sleeps, but in the helpers that have a reason to', () => {
  const found = globSync('test/**/*.ts').filter((file) => PAUSES.test(readFileSync(file, 'utf8')));
  expect(found.filter((file) => file !== 'test/architecture/no-sleep.test.ts').toSorted()).toEqual(ALLOWED);
});
