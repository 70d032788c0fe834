/**
 * Where nobody outside AWS knows how it behaves, an account can be put into either world, and a launch has to pass in
 * both. What stands here first is the default. `PUT /_sandbox/accounts/{id}/worlds` changes what it names and leaves the
 * rest; it answers, as `GET` does, with all of it.
 */
import { z } from 'zod';

const Policy = z.strictObject({
  name: z.string().min(1),
  policy: z.record(z.string(), z.unknown()),
});

export const WorldsChange = z.strictObject({
  /**
   * `iam:PassedToService` of a role that Batch is told of: the service that uses it in the end (EC2, ECS tasks), or
   * Batch itself.
   */
  passedToService: z.enum(['user', 'batch']).optional(),
  /** What a dry run of RunInstances looks at besides rights: the profile before the network, after it, or nothing. */
  dryRun: z.enum(['profile-first', 'network-first', 'rights-only']).optional(),
  /** Whether describes of Batch give back members that nobody sent. */
  describes: z.enum(['with-more', 'as-sent']).optional(),
  /** How long IAM's authoriser does not see a tag after it has met it first. Not scaled. */
  tagsAfterMs: z.number().min(0).optional(),
  /**
   * EC2 takes RunInstances and ends the instance before it runs, with this reason: for example that the key of its
   * volumes may not be used. Null: instances live.
   * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/troubleshooting-launch.html
   */
  instancesEnd: z
    .strictObject({ code: z.string().min(1), message: z.string().min(1) })
    .nullable()
    .optional(),
  /**
   * GuardDuty's Runtime Monitoring is on: a VPC that gets an instance gets an endpoint and a security group of its too.
   * @see https://docs.aws.amazon.com/guardduty/latest/ug/how-runtime-monitoring-works-ec2.html
   */
  guardDuty: z.boolean().optional(),
  /** vCPUs that the account may run, by the code of EC2's quota. Those that are left out are plenty. */
  vcpus: z.record(z.string().regex(/^L-[0-9A-F]{8}$/), z.number().min(0)).optional(),
  /** The organisation's policies for this account, beside `FullAWSAccess`. The account's root is above them here. */
  serviceControlPolicies: z.array(Policy).optional(),
});
export type WorldsChange = z.infer<typeof WorldsChange>;

export type Worlds = { readonly [Name in keyof WorldsChange]-?: Exclude<WorldsChange[Name], undefined> };

export const DEFAULT_WORLDS: Worlds = {
  passedToService: 'user',
  dryRun: 'profile-first',
  describes: 'with-more',
  tagsAfterMs: 0,
  instancesEnd: null,
  guardDuty: false,
  vcpus: {},
  serviceControlPolicies: [],
};

export const changeWorlds = (old: Worlds, change: WorldsChange): Worlds => ({
  ...old,
  ...(Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)) as Partial<Worlds>),
});
