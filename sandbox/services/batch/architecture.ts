/**
 * The processor that instance types have by their names: environments and queues keep to one.
 * @see https://docs.aws.amazon.com/batch/latest/APIReference/API_ComputeResource.html
 * @see https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-type-names.html
 */
import type { ComputeResource } from '@aws-sdk/client-batch';

type Architecture = 'x86_64' | 'arm64';

/** A `g` behind the generation is a Graviton processor. */
const ARM = /^(a1|[a-z]+\d+g[a-z]*|default_arm64)(\.|$)/;

export const architectures = ({ instanceTypes = [] }: Pick<ComputeResource, 'instanceTypes'>): Set<Architecture> =>
  new Set(instanceTypes.map((type) => (ARM.test(type) ? 'arm64' : 'x86_64')));
