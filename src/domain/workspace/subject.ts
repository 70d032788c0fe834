import type { SubjectRef } from '../core/subject.ts';

/** A workspace by its environment and its escaped user, as a launch and its record hold them. */
export const workspaceSubject = (of: { readonly environment: string; readonly escapedUser: string }): SubjectRef => ({
  kind: 'workspace',
  environment: of.environment,
  name: of.escapedUser,
});
