import { ApiProblem } from './problems.ts';

/** 401, in the same words at every door. */
export const unauthorised = (detail: string): ApiProblem => new ApiProblem('Denied', detail, { status: 401 });
