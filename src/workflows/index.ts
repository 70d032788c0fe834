/** The workflow types that a worker offers. Their names are on the wire: never renamed. */
export { accountFoundation } from './account/foundation.ts';
export { quotaAllocator } from './account/quota-allocator.ts';
export { createComputeEnvironment } from './compute/create.ts';
export { disposeComputeEnvironment } from './compute/dispose.ts';
export { refreshImages, updateComputeEnvironment } from './compute/update.ts';
export { validateComputeEnvironment } from './compute/validate.ts';
export { watchComputeEnvironments } from './compute/watch.ts';
export { expireKeys } from './key-holder/expire.ts';
export { keyHolder } from './key-holder/holder.ts';
export { retireAccessKey } from './keys/retire.ts';
export { deleteStorage } from './storage/delete.ts';
export { setUpStorage } from './storage/set-up.ts';
export { removeLeftOver } from './sweep/remove-left-over.ts';
export { sweep } from './sweep/sweep.ts';
export { disposeIdleWorkspaces } from './workspace/dispose-idle.ts';
export { launchWorkspace } from './workspace/launch.ts';
export { rotateKeys } from './workspace/rotate.ts';
export { terminateWorkspace } from './workspace/terminate.ts';
