import type { ComputeView } from '#domain/compute/view.ts';
import type { ComputeEnvironments } from '../../compute/compute-environments.ts';
import type { Principal } from '../../principal.ts';

export const pathOfCompute = (id: string): string => `/v1/compute-environments/${encodeURIComponent(id)}`;

/** As it is now, after something was done to it. */
export const showNow = async (
  { authorise, show }: Pick<ComputeEnvironments, 'authorise' | 'show'>,
  principal: Principal,
  id: string,
): Promise<ComputeView> => await show(await authorise(principal, id), principal);
