/**
 * Does an instance do its work? `running` is minutes too early: what depends on it then fails. Its user data writes a line
 * to the console when it does.
 */
import {
  DescribeInstanceStatusCommand,
  GetConsoleOutputCommand,
  type GetConsoleOutputCommandOutput,
  type Instance,
} from '@aws-sdk/client-ec2';
import { log } from '@temporalio/activity';
import { isAwsCode } from '#aws/errors.ts';
import { fail } from '#domain/core/failures.ts';
import { RUN_TAG, tagsOf } from '#domain/core/ownership.ts';
import type { InstanceSpec } from '#domain/resources/instance.ts';
import type { ActivityDeps } from '../deps.ts';
import { lookAgain } from '../shared/look.ts';
import { metFor } from '../shared/window.ts';
import { type Ec2, filters } from './client.ts';
import { findInstances } from './instance.ts';
import { deathOf, isDead } from './instance-death.ts';

/** Five minutes by the default pause: a console that is still silent then may stay so, as on some instance types. */
const SILENT_LOOKS = 60;

/** Ten minutes: without Nitro the console is a snapshot of the boot, and may have been taken before the line. */
const SNAPSHOT_LOOKS = 120;

export const instanceReadyActivities = (deps: Pick<ActivityDeps, 'aws' | 'timing'>) => ({
  /**
   * One look: running, both status checks passed, and the console holds the line. Where the console stays silent, or is
   * only a snapshot, the status checks count after a while. An adopted instance writes no line.
   * @throws NotYet; Invalid where the instance has ended, with EC2's reason, or its set-up has stopped, with the command.
   */
  async awaitInstanceReady(spec: InstanceSpec, instanceId: string): Promise<void> {
    const ec2 = deps.aws.ec2(spec.account);
    const [instance] = await findInstances(ec2, filters({ 'instance-id': instanceId }));
    assertAlive(instanceId, instance);
    if (instance?.State?.Name !== 'running') {
      throw lookAgain(`instance ${instanceId} is ${instance?.State?.Name ?? 'not visible yet'}`, deps);
    }
    const checks = await readChecks(ec2, instanceId);
    if (checks !== 'ok') throw lookAgain(`the status checks of instance ${instanceId} say ${checks}`, deps);
    if (tagsOf(instance.Tags)[RUN_TAG] === undefined) return;

    const { text, isSnapshot } = await readConsole(ec2, instanceId);
    if (text.includes(spec.console.ready)) return;
    const failure = text.split(/\r?\n/).find((line) => line.includes(spec.console.failed));
    if (failure) throw fail('Invalid', `instance ${instanceId}: ${failure.trim()}`);
    const looks = text === '' ? SILENT_LOOKS : isSnapshot ? SNAPSHOT_LOOKS : Number.POSITIVE_INFINITY;
    // Since its checks passed, however long that took.
    if (metFor(`${instanceId} does not say that it is ready`) < looks * deps.timing.lookEveryMs) {
      throw lookAgain(`instance ${instanceId} runs; it has not reported yet that it does its work`, deps);
    }
    log.warn('an instance is taken for ready by its status checks alone: the console says nothing', { instanceId });
  },
});

const assertAlive = (instanceId: string, instance: Instance | undefined): void => {
  if (!instance || !isDead(instance)) return;
  const death = deathOf(instance);
  if (death) throw death;
  const reason = instance.StateReason?.Message ?? instance.StateTransitionReason ?? 'without a reason';
  throw fail('Invalid', `instance ${instanceId} is ${instance.State?.Name}: ${reason}`);
};

const readChecks = async (ec2: Ec2, instanceId: string): Promise<string> => {
  const { InstanceStatuses = [] } = await ec2.send(new DescribeInstanceStatusCommand({ InstanceIds: [instanceId] }));
  const system = InstanceStatuses[0]?.SystemStatus?.Status ?? 'nothing yet';
  const own = InstanceStatuses[0]?.InstanceStatus?.Status ?? 'nothing yet';
  return system === 'ok' ? own : system;
};

/** The latest output where the type can give it, else what was kept of the boot. */
const readConsole = async (ec2: Ec2, InstanceId: string): Promise<{ text: string; isSnapshot: boolean }> => {
  const textOf = ({ Output = '' }: GetConsoleOutputCommandOutput): string => Buffer.from(Output, 'base64').toString();
  try {
    return {
      text: textOf(await ec2.send(new GetConsoleOutputCommand({ InstanceId, Latest: true }))),
      isSnapshot: false,
    };
  } catch (error) {
    if (!isAwsCode(error, 'UnsupportedOperation')) throw error;
    return { text: textOf(await ec2.send(new GetConsoleOutputCommand({ InstanceId }))), isSnapshot: true };
  }
};
