/** Whose a thing is, by its tags alone, as an environment sees it that has no record at hand. */
import { ENVIRONMENT_TAG, kindTag, RUN_TAG, type Tags } from '../core/ownership.ts';
import { parseSubjectId, SUBJECT_KINDS, type SubjectRef } from '../core/subject.ts';

export type Whose =
  /** Of one subject of this environment. `run`: which run made it; null: it was there before and is adopted. */
  | { readonly is: 'owned'; readonly subject: SubjectRef; readonly run: string | null }
  /** Of the environment as a whole. */
  | { readonly is: 'shared' }
  /** It carries a part of our tags, or too many of them: nothing proves whose it is. */
  | { readonly is: 'half-marked'; readonly why: string }
  /** Another environment's, as far as it says. */
  | { readonly is: 'foreign' }
  | { readonly is: 'unmarked' };

/** @param environment H */
export const whoseIs = (tags: Tags, environment: string): Whose => {
  const marks = SUBJECT_KINDS.flatMap((kind) => {
    const id = tags[kindTag(kind)];
    return id === undefined ? [] : [{ kind, id, subject: parseSubjectId(kind, id) }];
  });
  const said = tags[ENVIRONMENT_TAG];
  const run = tags[RUN_TAG] ?? null;
  if (said !== undefined && said !== environment) return { is: 'foreign' };
  if (marks.some(({ subject }) => subject !== undefined && subject.environment !== environment)) {
    return { is: 'foreign' };
  }
  const [mark, ...others] = marks;
  if (!mark) return withoutOwner(said, run);
  if (others.length > 0) return halfMarked(`it names ${marks.length} owners`);
  if (mark.subject === undefined) return halfMarked(`${kindTag(mark.kind)} is no id: ${mark.id}`);
  if (said === undefined) return halfMarked(`it lacks the tag ${ENVIRONMENT_TAG}`);
  return { is: 'owned', subject: mark.subject, run };
};

const halfMarked = (why: string): Whose => ({ is: 'half-marked', why });

const withoutOwner = (environment: string | undefined, run: string | null): Whose => {
  // Which environment's run that was, nothing says.
  if (environment === undefined) return { is: 'unmarked' };
  return run === null ? { is: 'shared' } : halfMarked('it names a run and no owner');
};
