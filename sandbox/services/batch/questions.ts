/** What nobody outside AWS knows of Batch. */
import { z } from 'zod';
import type { Call } from '../../core/call.ts';
import { openQuestion } from '../../core/open-question.ts';
import type { World } from '../../core/world.ts';

/**
 * `iam:PassedToService` of a role that Batch is told of: the service that uses it in the end (EC2, ECS tasks), or Batch
 * itself. AWS documents neither; policies in public use name both.
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsbatch.html
 */
const PASSED_TO_SERVICE = openQuestion('passedToService', z.enum(['user', 'batch']), 'user');

/** To whom Batch passes a role on behalf of its caller. */
export const passedByBatch = (world: World, { account }: Call, user: string): readonly string[] =>
  world.assumed(account, PASSED_TO_SERVICE) === 'batch' ? ['batch.amazonaws.com'] : [user];

/**
 * Whether describes of Batch give back members that nobody sent.
 * @see https://docs.aws.amazon.com/batch/latest/APIReference/API_LaunchTemplateSpecification.html
 */
export const DESCRIBES = openQuestion('describes', z.enum(['with-more', 'as-sent']), 'with-more');

/**
 * What of a submission its share is weighed with: AWS's guide has it with queue and definition, its reference with the job.
 * @see https://docs.aws.amazon.com/batch/latest/userguide/iam-example-share-identifier.html
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_batch.html
 */
export const SHARE_OF = openQuestion('shareOf', z.enum(['queue', 'job']), 'queue');

export const BATCH_QUESTIONS = [PASSED_TO_SERVICE, DESCRIBES, SHARE_OF];
