/**
 * Whom a workflow, a record, a seal or an owner tag is about: one thing of a kind, in an environment, by its name. A
 * subject has at most one operation at a time, since its workflow id is its own.
 */
export const SUBJECT_KINDS = ['workspace', 'compute-environment', 'storage', 'key-holder'] as const;

export type SubjectKind = (typeof SUBJECT_KINDS)[number];

export interface SubjectRef {
  readonly kind: SubjectKind;
  /** H: the environment's host name with dots as dashes. */
  readonly environment: string;
  /** As it stands in names: a workspace's is its escaped user. */
  readonly name: string;
}

/** `<H>.<name>`, as it stands in URLs and tags: H has no dot, so the id splits at its first one. */
export const subjectId = ({ environment, name }: SubjectRef): string => `${environment}.${name}`;

/** Undefined where the text can't be the id of a subject. */
export const parseSubjectId = (kind: SubjectKind, id: string): SubjectRef | undefined => {
  const dot = id.indexOf('.');
  if (dot < 1 || dot === id.length - 1) return undefined;
  return { kind, environment: id.slice(0, dot), name: id.slice(dot + 1) };
};

/** `<kind>/<H>/<name>` */
export const subjectWorkflowId = ({ kind, environment, name }: SubjectRef): string => `${kind}/${environment}/${name}`;

/** Undefined where the text is no id of a subject's workflow. */
export const parseSubjectWorkflowId = (id: string): SubjectRef | undefined => {
  const [kind, environment, ...rest] = id.split('/');
  const known = SUBJECT_KINDS.find((one) => one === kind);
  const name = rest.join('/');
  return known && environment && name ? { kind: known, environment, name } : undefined;
};
