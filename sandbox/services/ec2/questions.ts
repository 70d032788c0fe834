/** What nobody outside AWS knows of EC2, and what becomes of an account there. */
import { z } from 'zod';
import { openQuestion } from '../../core/open-question.ts';

/** What a dry run of RunInstances looks at besides rights: the profile before the network, after it, or nothing. */
export const DRY_RUN = openQuestion(
  'dryRun',
  z.enum(['profile-first', 'network-first', 'rights-only']),
  'profile-first',
);

/**
 * EC2 takes RunInstances and ends the instance before it runs, with this reason: for example that the key of its
 * volumes may not be used. Null: instances live.
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/troubleshooting-launch.html
 */
export const INSTANCES_END = openQuestion(
  'instancesEnd',
  z.strictObject({ code: z.string().min(1), message: z.string().min(1) }).nullable(),
  null,
);

/**
 * GuardDuty's Runtime Monitoring is on: a VPC that gets an instance gets an endpoint and a security group of its too.
 * @see https://docs.aws.amazon.com/guardduty/latest/ug/how-runtime-monitoring-works-ec2.html
 */
export const GUARD_DUTY = openQuestion('guardDuty', z.boolean(), false);

/** vCPUs that the account may run, by the code of EC2's quota. Those that are left out are plenty. */
export const VCPUS = openQuestion('vcpus', z.record(z.string().regex(/^L-[0-9A-F]{8}$/), z.number().min(0)), {});

export const EC2_QUESTIONS = [DRY_RUN, INSTANCES_END, GUARD_DUTY, VCPUS];
