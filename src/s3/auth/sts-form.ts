/**
 * The form of an STS call. What would narrow a session and can't be carried out must not be passed over: the caller would
 * hold, and perhaps hand on, more than they asked for.
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
 */
import { parseQuery } from '../http/query.ts';
import { StsError } from './sts-error.ts';

export type StsForm = ReadonlyMap<string, string>;

const VERSION = '2011-06-15';

const COMMON = ['Action', 'Version'];

/** What each action takes. */
const TAKEN: Readonly<Record<string, ReadonlySet<string>>> = {
  AssumeRoleWithWebIdentity: new Set([
    ...COMMON,
    'DurationSeconds',
    'MinimumSessionTokenSize', // a longer token may do no less
    'RoleArn', // any: there is one role, the bearer's own
    'RoleSessionName',
    'WebIdentityToken',
    // minio-go's further tokens of the same login; they limit nothing
    'WebIdentityAccessToken',
    'WebIdentityRefreshToken',
  ]),
  GetCallerIdentity: new Set(COMMON),
};

/** More than any of the actions takes. */
const PARAMETERS_MAX = 100;

/** Session policies: AWS would cut the session down to them. */
const POLICIES = /^Policy(Arns)?(\.|$)/;

/** @throws StsError for a form that is broken, says something twice, or asks for what is not done here */
export const parseForm = (query: string, body: string): StsForm => {
  const pairs = [query, body].flatMap((text) => {
    const parsed = parseQuery(text, PARAMETERS_MAX);
    if (!parsed) throw new StsError(400, 'MalformedQueryString', 'The query string contains a syntax error.');
    return parsed;
  });
  const form = new Map(pairs);
  if (form.size < pairs.length) throw invalid('Each parameter may be given only once.');
  const action = form.get('Action') ?? '';
  const version = form.get('Version') ?? VERSION;
  const taken = Object.hasOwn(TAKEN, action) ? TAKEN[action] : undefined;
  if (!taken || version !== VERSION)
    throw new StsError(400, 'InvalidAction', `Could not find operation ${action} for version ${version}.`);
  for (const [name, value] of form) if (!taken.has(name) && !isEmptyList(name, value)) throw refusalOf(name);
  return form;
};

/** As Go's SDK writes a list in which nothing is. */
const isEmptyList = (name: string, value: string): boolean => name === 'PolicyArns' && value === '';

const invalid = (message: string): StsError => new StsError(400, 'ValidationError', message);

const refusalOf = (name: string): StsError =>
  invalid(
    POLICIES.test(name)
      ? `${name.split('.', 1)[0]} is not carried out here, and the session could do more than you meant. Leave it out, or ask POST /storage/session for a session with readOnly or a prefix.`
      : `${name.slice(0, 100)} is not carried out here. Leave it out.`,
  );
