/** What is worth knowing of options that are accepted: what they need from others, and what they rule out. */
import type { ComputeConfig } from './config.ts';

/** Whole sentences, for people. */
export const notesOf = (config: ComputeConfig): readonly string[] =>
  NOTES.flatMap(([applies, says]) => (applies(config) ? [says] : []));

const mountsGiven = ({ forge }: ComputeConfig): boolean => forge.efsId !== null || forge.fsxName !== null;

const NOTES: readonly (readonly [applies: (config: ComputeConfig) => boolean, says: string])[] = [
  [
    ({ waveEnabled }) => waveEnabled,
    'Wave is a service of Seqera: the configuration switches it on, and instances need a way to it; nothing of it is made in AWS.',
  ],
  [
    ({ fusion2Enabled }) => fusion2Enabled,
    'Fusion comes with the containers that Wave makes: disks, rights in S3 and kernel settings are prepared for it.',
  ],
  [
    ({ fusionSnapshots }) => fusionSnapshots,
    'Fusion snapshots need a licence of Seqera and an image with Amazon Linux 2023; reclaimed tasks are tried 5 times. A snapshot has 120 seconds: take types with at most 5 GiB of memory for each Gbit/s of network.',
  ],
  [
    ({ forge }) => forge.ebsAutoScale,
    'ebsAutoScale is deprecated: Fusion, or a larger root volume, does without. Its instances need a way to the API of EC2.',
  ],
  [
    ({ forge, eyrie }) => [forge, ...eyrie.pools].some(({ allocStrategy }) => allocStrategy === 'BEST_FIT'),
    'With BEST_FIT Batch changes nothing but vCPUs in place: every other change makes a new environment behind the queue.',
  ],
  [
    ({ eyrie }) => eyrie.serviceRole,
    'With a service role of its own Batch changes nothing but vCPUs in place: every other change makes a new environment behind the queue.',
  ],
  [
    ({ forge }) => forge.gpuEnabled && forge.instanceTypes.some((type) => type === 'optimal'),
    'optimal chooses no types with GPUs: name some, or leave the list empty.',
  ],
  [
    ({ forge }) => forge.dragenEnabled && forge.dragenAmiId === null,
    'Without dragenAmiId the pool dragen has an image without the DRAGEN software.',
  ],
  [
    ({ forge }) => forge.maxCpusPerUser !== null,
    'Batch has no limit per user: maxCpusPerUser is kept for whoever submits, and fair share does better.',
  ],
  [
    ({ forge }) => forge.bidPercentage === 0,
    'A bidPercentage of 0 would start no instance: it is as if it were left out.',
  ],
  [
    ({ forge }) => forge.imageId !== null && forge.fargateHeadEnabled,
    'Fargate heads run on the platform of AWS: imageId is for tasks.',
  ],
  [
    ({ forge }) => forge.ebsBlockSize !== null && !forge.ebsAutoScale,
    'ebsBlockSize has no effect without ebsAutoScale.',
  ],
  [
    ({ forge }) => forge.efsMount !== null && !forge.efsCreate && forge.efsId === null,
    'efsMount has no effect without efsCreate or efsId.',
  ],
  [
    ({ forge }) => forge.fsxMount !== null && forge.fsxSize === null && forge.fsxName === null,
    'fsxMount has no effect without fsxSize or fsxName.',
  ],
  [
    (config) => mountsGiven(config) && config.forge.securityGroups.length === 0,
    "The file system that is there must let the VPC's default security group in, or name other groups in securityGroups.",
  ],
  [
    ({ forge }) => (forge.efsCreate || forge.fsxSize !== null) && forge.subnets.length !== 1,
    'A file system that is made lies in one zone, in the first subnet: traffic from the others is paid for. One subnet alone avoids it.',
  ],
  [
    ({ forge }) => !forge.disposeOnDeletion,
    'disposeOnDeletion is off: a removal leaves all that was made, and lists it.',
  ],
  [
    ({ eyrie }) => eyrie.fairShare !== null && eyrie.tenantOf === null,
    'Fair share is for good, and every job has to name a share when it is submitted.',
  ],
  [
    ({ eyrie }) => eyrie.shared,
    'Jobs of all tenants run on the same instances. What they may do in AWS is kept apart; code that breaks out of its container is not. Tenants that would not trust each other with an instance need compute environments of their own.',
  ],
  [
    ({ eyrie }) => eyrie.tenantOf !== null,
    'It makes a role, a log group and no place in the quotas of Batch. Each job has to name its share and its role: nextflow.config does.',
  ],
  [
    ({ headJobOptions, propagateHeadJobOptions }) => headJobOptions !== null || propagateHeadJobOptions,
    'headJobOptions and propagateHeadJobOptions are kept for whoever submits heads.',
  ],
];
