/** Proof that a fresh access key works: the key itself does what its holder will do first. */
import { DescribeJobQueuesCommand } from '@aws-sdk/client-batch';
import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { codeOf, factsOf, fail } from '#domain/failures.ts';
import type { AccessKeySpec } from '#domain/workspace/specs.ts';
import type { ActivityDeps } from '../deps.ts';
import { lookAgain, waitedMs } from '../look.ts';
import { idsOf } from './access-key-parts.ts';

/** IAM answers from many places, and not all learn of a key at once: one success proves little. */
const SUCCESSES_IN_A_ROW = 3;

/** Past this many visibility windows a refusal is believed: the key is known by then, so it is its policy. */
const WINDOWS_MAX = 3;

type Deps = Pick<ActivityDeps, 'aws' | 'control' | 'timing'>;

export const accessKeyProbeActivities = (deps: Deps) => {
  const { aws, control, timing } = deps;

  const probe = async (spec: AccessKeySpec, accessKeyId: string): Promise<void> => {
    const secret = await control.seals.open(idsOf(spec), spec.owner.run);
    if (secret?.accessKeyId !== accessKeyId) {
      throw fail('NotFound', `there is no sealed access key of ${spec.userName} to try out`);
    }
    const own = aws.as(secret);
    // The key acts in its own account: no role to enter by.
    const account = { ...spec.account, roleArn: null, externalId: null };
    for (let success = 0; success < SUCCESSES_IN_A_ROW; success += 1) {
      await own.s3(account).send(new ListObjectsV2Command({ Bucket: spec.bucket, Prefix: spec.prefix, MaxKeys: 1 }));
      await own.batch(account).send(new DescribeJobQueuesCommand({ jobQueues: [spec.jobQueue] }));
    }
  };

  return {
    /**
     * One look: lists the own prefix and describes the queue with the key itself, three times in a row.
     * @throws NotYet while the key is refused; Denied where that lasts.
     */
    async awaitAccessKeyUsable(spec: AccessKeySpec, accessKeyId: string): Promise<void> {
      try {
        await probe(spec, accessKeyId);
      } catch (error) {
        if (codeOf(error) !== 'Denied' || waitedMs() > WINDOWS_MAX * timing.propagationMs) throw error;
        const { awsCode = 'denied', operation = '' } = factsOf(error);
        throw lookAgain(`the new key is not usable yet: ${operation} answers ${awsCode}`, deps, factsOf(error));
      }
    },
  };
};
