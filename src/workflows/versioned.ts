/**
 * The workflows as workers offer them that take part in worker versioning. An operation is pinned to the build that it began
 * on; what may go on for weeks would keep workers of that build alive, so newer builds take it over. Temporal refuses what
 * a worker without versioning says of this.
 */
import { setWorkflowOptions } from '@temporalio/workflow';
import { quotaAllocator } from './account/quota-allocator.ts';
import { retireAccessKey } from './keys/retire.ts';

setWorkflowOptions({ versioningBehavior: 'AUTO_UPGRADE' }, quotaAllocator);
setWorkflowOptions({ versioningBehavior: 'AUTO_UPGRADE' }, retireAccessKey);

export * from './index.ts';
