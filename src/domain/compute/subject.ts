import type { SubjectRef } from '../core/subject.ts';

/** A compute environment, by the environment and the id that stands in the names of all it consists of. */
export const computeSubject = (of: { readonly environment: string; readonly forgeId: string }): SubjectRef => ({
  kind: 'compute-environment',
  environment: of.environment,
  name: of.forgeId,
});
