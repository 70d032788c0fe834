/** Of which steps a workspace consists: the lists that everything about a step follows from. */
import type { WorkspacePlan } from '#domain/workspace/specs.ts';
import type { StagesOf } from '../kernel/removal-stages.ts';
import { accessKey } from '../steps/access-key.ts';
import { clientRole } from '../steps/client-role.ts';
import { clientUser } from '../steps/client-user.ts';
import { computeEnvironment } from '../steps/compute-environment.ts';
import { foundation } from '../steps/foundation.ts';
import { jobQueue } from '../steps/job-queue.ts';
import { jobsRole } from '../steps/jobs-role.ts';
import { launchTemplate } from '../steps/launch-template.ts';
import { natGateway } from '../steps/nat-gateway.ts';
import { network } from '../steps/network.ts';
import { preflight } from '../steps/preflight.ts';
import { reserveSlots } from '../steps/reserve-slots.ts';
import { serviceEndpoints } from '../steps/service-endpoints.ts';
import { squid } from '../steps/squid.ts';
import { publish } from './publish.ts';
import { publishKey } from './publish-key.ts';

/**
 * In the order in which operators read them. Undone last begun first. Of the ways out a launch takes one: `squid`,
 * `nat-gateway` or `service-endpoints`; of `client-role` and `access-key` those that its configuration asks for.
 */
export const LAUNCH = [
  preflight,
  reserveSlots,
  foundation,
  network,
  squid,
  natGateway,
  serviceEndpoints,
  launchTemplate,
  computeEnvironment,
  jobQueue,
  jobsRole,
  clientUser,
  clientRole,
  accessKey,
  publish,
] as const;

/** Another key for one that runs. */
export const ROTATE = [accessKey, publishKey] as const;

/** Keys first; then jobs before the queue, the queue before the environment, both before the network, IAM last. */
export const DISPOSE: StagesOf<WorkspacePlan> = [
  [accessKey, clientRole, jobQueue],
  [computeEnvironment],
  [launchTemplate, squid, natGateway, serviceEndpoints],
  [network],
  [clientUser, jobsRole, reserveSlots],
];

/** No key, no new jobs, no running ones; then nothing of the way out that costs, and no idle workers. */
export const PARK: StagesOf<WorkspacePlan> = [
  [accessKey, clientRole, jobQueue],
  [squid, natGateway, serviceEndpoints, computeEnvironment],
];
