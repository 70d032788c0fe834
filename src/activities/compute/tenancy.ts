/** The shared compute environment that a tenant runs in: is it there, open, and what the tenant takes it for? */
import { DescribeJobQueuesCommand } from '@aws-sdk/client-batch';
import type { Aws } from '#aws/clients.ts';
import type { Control } from '#control/control.ts';
import { tenancyIn } from '#domain/compute/policies.ts';
import { COMPUTE_RECORDS, isThere } from '#domain/compute/record.ts';
import type { ComputePreflightSpec } from '#domain/compute/specs.ts';
import { computeSubject } from '#domain/compute/subject.ts';
import { canonicalJson } from '#domain/core/canonical-json.ts';
import type { Problem } from '#domain/core/failures.ts';
import { subjectId } from '#domain/core/subject.ts';

const POINTER = '/config/eyrie/tenantOf';

/**
 * Looked at once the record of the tenant is written, and a disposal of the shared one looks for tenants once its own says
 * that it goes: whichever comes second sees the other.
 */
export const checkTenancy = async (
  { aws, control }: { readonly aws: Aws; readonly control: Pick<Control, 'records'> },
  { account, owner, tenancy }: ComputePreflightSpec,
  problems: Problem[],
): Promise<void> => {
  if (tenancy === null) return;
  const problem = (detail: string) => void problems.push({ pointer: POINTER, detail });
  const { queues, ...pinned } = tenancy;
  const subject = computeSubject({ ...pinned, environment: owner.environment });
  const shared = (await control.records(COMPUTE_RECORDS).read(subject))?.record;
  const id = subjectId(subject);
  if (!shared) return problem(`the shared compute environment ${id} is not there`);
  const { phase, degraded } = shared;
  if (!isThere(phase) && phase !== 'updating') return problem(`the shared compute environment ${id} is ${phase}`);
  if (phase === 'degraded') problem(`the shared compute environment ${id} is degraded: ${degraded}`);
  if (canonicalJson(pinned) !== canonicalJson(tenancyIn(shared.compute))) {
    problem(`the shared compute environment ${id} starts containers by another role now: update the tenant`);
  }
  const batch = aws.batch(account);
  const { jobQueues = [] } = await batch.send(new DescribeJobQueuesCommand({ jobQueues: [...queues] }));
  for (const name of queues) {
    const queue = jobQueues.find(({ jobQueueName, status }) => jobQueueName === name && status !== 'DELETED');
    if (!queue) problem(`job queue ${name} of ${id} is not there`);
    else if (queue.state !== 'ENABLED' || queue.status === 'INVALID' || queue.status === 'DELETING') {
      problem(`job queue ${name} of ${id} is ${queue.status}, ${queue.state}`);
    }
  }
};
