/**
 * What a person calls a thing: by its id, by the name of its user, by the id of its workflow, or by an address that shows
 * it, of the API or of the Temporal UI.
 */
import { COMMANDS } from '#domain/core/commands.ts';
import {
  parseSubjectId,
  parseSubjectWorkflowId,
  type SubjectKind,
  type SubjectRef,
  subjectId,
} from '#domain/core/subject.ts';
import type { ApiClient } from './api-client.ts';
import { CliError, EXIT, isNotFound } from './exit-codes.ts';
import { typed } from './typed.ts';

/** One kind of thing, as far as it takes to find one of it. */
export interface NamedKind {
  readonly kind: SubjectKind;
  /** Before the id, such as `/v1/workspaces`. */
  readonly path: string;
  /** The forms in which it is understood, with an example each. */
  readonly forms: readonly string[];
  /** Finds what is called like this otherwise. Undefined: there is none. */
  readonly find: (api: ApiClient, name: string) => Promise<string | undefined>;
}

/** What every kind has in common: its ids, those of its workflows, and addresses. */
export const commonForms = (kind: SubjectKind, path: string, name: string): readonly string[] => [
  `its id (localhost.${name})`,
  `the id of its workflow (${kind}/localhost/${name})`,
  `its address (…${path}/localhost.${name}, or its page in the Temporal UI)`,
];

/**
 * Does something to what a person means. What looks like an id is taken for one, and looked for otherwise only where there
 * is none of it: `jane.doe` may be a user.
 * @throws CliError that says the forms
 */
export const onSubject = async <T>(
  api: ApiClient,
  kind: NamedKind,
  given: string,
  work: (id: string) => Promise<T>,
): Promise<T> => {
  const ref = parseAddress(api, kind, given) ?? parseSubjectWorkflowId(given);
  if (ref) return await work(subjectId(requireKind(ref, kind, given)));
  if (isIdShaped(kind, given)) {
    try {
      return await work(given);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      const id = await kind.find(api, given);
      if (id === undefined) throw unknownSubject(kind, given, error);
      return await work(id);
    }
  }
  const id = await kind.find(api, given);
  if (id === undefined) throw unknownSubject(kind, given);
  return await work(id);
};

const isIdShaped = ({ kind }: NamedKind, given: string): boolean =>
  /^[A-Za-z0-9-]+$/.test(parseSubjectId(kind, given)?.environment ?? '');

const unknownSubject = ({ kind, forms }: NamedKind, given: string, told?: CliError): CliError =>
  new CliError(
    EXIT.notFound,
    [
      told?.message ?? `there is no ${nounOf(kind)} ${given}, or the token may not see it`,
      `  understood are: ${forms.join(';\n                  ')}`,
      `  \`${typed(COMMANDS[kind].list)}\` lists them`,
    ].join('\n'),
    told?.problem,
  );

const nounOf = (kind: SubjectKind): string => kind.replaceAll('-', ' ');

const requireKind = (ref: SubjectRef, { kind }: NamedKind, given: string): SubjectRef => {
  if (ref.kind === kind) return ref;
  throw new CliError(
    EXIT.usage,
    `${given} is a ${nounOf(ref.kind)}, and \`${typed(COMMANDS[kind].show)}\` is about a ${nounOf(kind)}`,
  );
};

const KIND_AT: Readonly<Record<string, SubjectKind>> = {
  workspaces: 'workspace',
  'compute-environments': 'compute-environment',
  storage: 'storage',
  'key-holders': 'key-holder',
};

/** Undefined where it is no address. @throws CliError where it is one of something else */
const parseAddress = (api: ApiClient, { kind: wanted }: NamedKind, given: string): SubjectRef | undefined => {
  if (!/^https?:\/\//.test(given)) return undefined;
  const address = URL.canParse(given) ? new URL(given) : undefined;
  const [, workflow] = /\/workflows\/([^/]+)/.exec(address?.pathname ?? '') ?? [];
  if (workflow !== undefined) {
    const ref = parseSubjectWorkflowId(decoded(workflow));
    if (ref) return ref;
  }
  const [, kinds = '', id = ''] = /\/v1\/([a-z-]+)\/([^/]+)/.exec(address?.pathname ?? '') ?? [];
  const kind = KIND_AT[kinds];
  const ref = kind && parseSubjectId(kind, decoded(id));
  if (!address || !ref)
    throw new CliError(
      EXIT.usage,
      `${given} is no address of anything that \`${typed(COMMANDS[wanted].show)}\` is about`,
    );
  // The token is for one API, and the id may mean somebody else's at another.
  if (address.origin !== new URL(api.url).origin)
    throw new CliError(EXIT.usage, `${given} is at another API than ${api.url}: pass --api ${address.origin}`);
  return ref;
};

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};
