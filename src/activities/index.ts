/** Everything that workflows may ask for, by name. */
import { environmentClaimActivities } from './account/environment-claim.ts';
import { foundationActivities } from './account/foundation.ts';
import { observeSlotActivities } from './account/observe-slots.ts';
import { slotActivities } from './account/slots.ts';
import { arboristAccessActivities } from './arborist/access.ts';
import { canaryActivities } from './batch/canary.ts';
import { computeEnvironmentActivities } from './batch/compute-environment.ts';
import { computeEnvironmentBeforeActivities } from './batch/compute-environment-before.ts';
import { computeEnvironmentRemovalActivities } from './batch/compute-environment-removal.ts';
import { environmentRoleActivities } from './batch/environment-roles.ts';
import { fargateEnvironmentActivities } from './batch/fargate-environment.ts';
import { formerEnvironmentActivities } from './batch/former-environment.ts';
import { jobDefinitionActivities } from './batch/job-definitions.ts';
import { jobQueueActivities } from './batch/job-queue.ts';
import { jobQueueBeforeActivities } from './batch/job-queue-before.ts';
import { jobActivities } from './batch/jobs.ts';
import { poolSoundnessActivities } from './batch/pool-soundness.ts';
import { schedulingPolicyActivities } from './batch/scheduling-policy.ts';
import { preflightComputeActivities } from './compute/preflight.ts';
import { retainedActivities } from './compute/retained.ts';
import { preflightRightsActivities } from './compute/rights.ts';
import type { ActivityDeps } from './deps.ts';
import { driftActivities } from './drift/drift.ts';
import { elasticIpActivities } from './ec2/elastic-ip.ts';
import { instanceActivities } from './ec2/instance.ts';
import { instanceReadyActivities } from './ec2/instance-ready.ts';
import { interfaceEndpointActivities } from './ec2/interface-endpoint.ts';
import { internetGatewayActivities } from './ec2/internet-gateway.ts';
import { launchTemplateActivities } from './ec2/launch-template.ts';
import { natGatewayActivities } from './ec2/nat-gateway.ts';
import { ownSecurityGroupActivities } from './ec2/own-security-group.ts';
import { routeTableActivities } from './ec2/route-table.ts';
import { securityGroupActivities } from './ec2/security-group.ts';
import { subnetActivities } from './ec2/subnet.ts';
import { vpcActivities } from './ec2/vpc.ts';
import { vpcEndpointActivities } from './ec2/vpc-endpoint.ts';
import { efsActivities } from './efs/file-system.ts';
import { mountTargetActivities } from './efs/mount-target.ts';
import { efsRemovalActivities } from './efs/removal.ts';
import { lustreActivities } from './fsx/lustre.ts';
import { lustreRemovalActivities } from './fsx/removal.ts';
import { accessKeyActivities } from './iam/access-key.ts';
import { accessKeyAgainActivities } from './iam/access-key-again.ts';
import { accessKeyProbeActivities } from './iam/access-key-probe.ts';
import { accessKeyRemovalActivities } from './iam/access-key-removal.ts';
import { instanceProfileActivities } from './iam/instance-profile.ts';
import { ownInstanceProfileActivities } from './iam/own-instance-profile.ts';
import { policyActivities } from './iam/policy.ts';
import { policyBeforeActivities } from './iam/policy-before.ts';
import { roleActivities } from './iam/role.ts';
import { userActivities } from './iam/user.ts';
import { expiryActivities } from './key-holder/expiry.ts';
import { holderKeyActivities } from './key-holder/holder-keys.ts';
import { holderRecordActivities } from './key-holder/holder-record.ts';
import { keyActivities } from './kms/key.ts';
import { logGroupActivities } from './logs/log-group.ts';
import { preflightActivities } from './preflight.ts';
import { recordActivities } from './records.ts';
import { computeRecordActivities } from './records-compute.ts';
import { forcedDisposalActivities } from './records-forced.ts';
import { workspaceHealthActivities } from './records-health.ts';
import { idleWorkspaceActivities } from './records-idle.ts';
import { storageRecordActivities } from './records-storage.ts';
import { bucketActivities } from './s3/bucket.ts';
import { emptyBucketActivities } from './s3/empty-bucket.ts';
import { ownBucketActivities } from './s3/own-bucket.ts';
import { asLooks } from './shared/look.ts';
import { findLeftOverActivities } from './sweep/find.ts';
import { sweepRecordActivities } from './sweep/records.ts';
import { sweepRemovalActivities } from './sweep/remove.ts';
import { observeOperationActivities } from './temporal/observe.ts';
import { workspaceTokenActivities } from './workspace-token.ts';

const all = (deps: ActivityDeps) => ({
  ...observeOperationActivities(deps),
  ...driftActivities(deps, (others): Readonly<Record<string, unknown>> => all(others)),
  ...environmentClaimActivities(deps),
  ...preflightActivities(deps),
  ...recordActivities(deps),
  ...idleWorkspaceActivities(deps),
  ...workspaceHealthActivities(deps),
  ...slotActivities(deps),
  ...observeSlotActivities(deps),
  ...foundationActivities(deps),
  ...vpcActivities(deps),
  ...internetGatewayActivities(deps),
  ...subnetActivities(deps),
  ...routeTableActivities(deps),
  ...vpcEndpointActivities(deps),
  ...interfaceEndpointActivities(deps),
  ...elasticIpActivities(deps),
  ...natGatewayActivities(deps),
  ...securityGroupActivities(deps),
  ...ownSecurityGroupActivities(deps),
  ...instanceActivities(deps),
  ...instanceReadyActivities(deps),
  ...launchTemplateActivities(deps),
  ...computeEnvironmentActivities(deps),
  ...computeEnvironmentRemovalActivities(deps),
  ...computeEnvironmentBeforeActivities(deps),
  ...environmentRoleActivities(deps),
  ...fargateEnvironmentActivities(deps),
  ...formerEnvironmentActivities(deps),
  ...poolSoundnessActivities(deps),
  ...jobQueueActivities(deps),
  ...jobQueueBeforeActivities(deps),
  ...jobActivities(deps),
  ...schedulingPolicyActivities(deps),
  ...canaryActivities(deps),
  ...jobDefinitionActivities(deps),
  ...policyActivities(deps),
  ...policyBeforeActivities(deps),
  ...roleActivities(deps),
  ...userActivities(deps),
  ...instanceProfileActivities(deps),
  ...ownInstanceProfileActivities(deps),
  ...accessKeyActivities(deps),
  ...accessKeyAgainActivities(deps),
  ...accessKeyProbeActivities(deps),
  ...accessKeyRemovalActivities(deps),
  ...holderRecordActivities(deps),
  ...holderKeyActivities(deps),
  ...expiryActivities(deps),
  ...keyActivities(deps),
  ...bucketActivities(deps),
  ...logGroupActivities(deps),
  ...efsActivities(deps),
  ...mountTargetActivities(deps),
  ...efsRemovalActivities(deps),
  ...lustreActivities(deps),
  ...preflightComputeActivities(deps),
  ...preflightRightsActivities(deps),
  ...retainedActivities(deps),
  ...lustreRemovalActivities(deps),
  ...workspaceTokenActivities(deps),
  ...storageRecordActivities(deps),
  ...computeRecordActivities(deps),
  ...ownBucketActivities(deps),
  ...emptyBucketActivities(deps),
  ...arboristAccessActivities(deps),
  ...findLeftOverActivities(deps),
  ...sweepRecordActivities(deps),
  ...forcedDisposalActivities(deps),
  ...sweepRemovalActivities(deps),
});

export const createActivities = (deps: ActivityDeps) => asLooks(all(deps), deps);

export type Activities = ReturnType<typeof createActivities>;
