/** What a stranger finds in Temporal's UI: by the links of `eyrie operations urls`, the workspace, the reason and the exit. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DevProcess, startDevProcess } from '../support/dev-process.ts';
import { openStage, type Stage } from './situations.ts';
import { openTemporalUi, type TemporalUi, workflowOf } from './temporal-ui.ts';

let dev: DevProcess;
let stage: Stage;
let ui: TemporalUi;
beforeAll(async () => {
  dev = await startDevProcess();
  stage = await openStage(dev.state());
  ui = await openTemporalUi(dev.state().temporalUi);
});
afterAll(async () => {
  await ui?.close();
  await dev?.stop();
});

test('a launch that AWS throttles is among those that are stuck, and is retried from its own page', async () => {
  await stage.play('throttled');
  const listed = await ui.list('stuck', 'throttled');
  expect(listed).toEqual([workflowOf('throttled')]);
  const text = await ui.details('throttled', 'Throttled');
  expect(text).toContain('localhost.throttled is launching: step 8 of 12, job-queue');
  expect(text).toMatch(/Last answer \(.*ensureJobQueue\): Throttled: batch:CreateJobQueue of localhost-nf-job-queue-/);
  expect(text).toMatch(/By itself: at .* UTC it gives up, and takes back what was made/);
  expect(text).toMatch(
    /retryNow with \{"step": "job-queue", .*\}, or eyrie retry localhost\.throttled --step job-queue: asks again at once/,
  );

  await ui.update('retryNow', { step: 'job-queue', requestedBy: 'mallory' });
  await ui.list('stuck', 'throttled');
  expect(await ui.details('throttled', 'asked for retry')).toContain('mallory asked for retry of job-queue');
});

test('one that failed says what failed first and that it is being taken back, and is no bookkeeping', async () => {
  await stage.play('unwinding');
  const listed = await ui.list('unwinding', 'unwinding');
  expect(listed).toEqual([workflowOf('unwinding')]);
  const text = await ui.details('unwinding', 'attempt');
  expect(text).toContain('takes back what was made: step 4 of 12, network: being undone');
  expect(text).toMatch(
    /It began with: job-queue failed with Denied: batch:CreateJobQueue .*asked with the role arn:aws/,
  );
  expect(text).toMatch(/Last answer \(.*deleteVpc\): Throttled: ec2:DeleteVpc/);
  expect(text).toContain('it goes on until it succeeds, or somebody gives it up');

  // Allocators of places and foundations run beside it: the list of what is under way leaves them out.
  const all = await ui.list('in-progress', 'unwinding');
  expect(all.filter((id) => !id.startsWith('workspace/'))).toEqual([]);
});

test('one that could not remove everything names what is left', async () => {
  await stage.play('left-over');
  await ui.list('left-over', 'left-over');
  expect(await ui.details('left-over', 'left over:')).toMatch(
    /left over: AWS::EC2::SecurityGroup .*ec2:DeleteSecurityGroup of sg-/,
  );
});
