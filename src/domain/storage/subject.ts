import { escapeUser } from '../core/escaping.ts';
import type { SubjectRef } from '../core/subject.ts';

/** A user's storage, by the environment and the user's id (`sub`) as it is. */
export const storageSubject = (of: { readonly environment: string; readonly user: string }): SubjectRef => ({
  kind: 'storage',
  environment: of.environment,
  name: escapeUser(of.user),
});
