/**
 * The one door to the policy simulator: an independent evaluation of IAM's rules. Its licence is the AGPL, so nothing
 * but the sandbox and its tests may use it, and nothing but this file imports it.
 */
import {
  getDenialReasons,
  type RequestAnalysis,
  runSimulation,
  runUnsafeSimulation,
} from '@cloud-copilot/iam-simulate';
import type { DeniedBy, NamedPolicy, Verdict } from '../core/check.ts';

export interface Question {
  /** ARN of the user, of the role session or of the account's root. */
  readonly principal: string;
  readonly action: string;
  readonly resource: string;
  /** The account that owns the resource. */
  readonly resourceAccount: string;
  readonly context: Readonly<Record<string, string | string[]>>;
  readonly identityPolicies: readonly NamedPolicy[];
  readonly boundary?: NamedPolicy | undefined;
  readonly sessionPolicy?: unknown;
  readonly resourcePolicy?: unknown;
  /** The organisation's, beside `FullAWSAccess`. */
  readonly serviceControlPolicies?: readonly NamedPolicy[];
}

const FULL_ACCESS: NamedPolicy = {
  name: 'FullAWSAccess',
  policy: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] },
};

/** An account without an organisation has no such level at all. */
const organisationOf = ({ serviceControlPolicies = [] }: Question) =>
  serviceControlPolicies.length === 0
    ? []
    : [{ orgIdentifier: 'r-sandbox', policies: [FULL_ACCESS, ...serviceControlPolicies] }];

const simulationOf = (question: Question, resource: string) => ({
  request: {
    principal: question.principal,
    action: question.action,
    resource: { resource, accountId: question.resourceAccount },
    contextVariables: { ...question.context },
  },
  identityPolicies: question.identityPolicies.map(({ name, policy }) => ({ name, policy })),
  serviceControlPolicies: organisationOf(question),
  resourceControlPolicies: [],
  ...(question.boundary !== undefined && { permissionBoundaryPolicies: [question.boundary] }),
  ...(question.sessionPolicy !== undefined && { sessionPolicy: question.sessionPolicy }),
  ...(question.resourcePolicy !== undefined && { resourcePolicy: question.resourcePolicy }),
});

const reasonOf = (analysis: RequestAnalysis | undefined, explicit: boolean): DeniedBy => {
  if (!analysis) return 'identity';
  const found = getDenialReasons(analysis)
    .filter(({ denialType }) => (denialType === 'Explicit') === explicit)
    .map(({ policyType }) => policyType as string);
  // The simulator's reasons leave sessions out.
  if (analysis.sessionAnalysis?.result === (explicit ? 'ExplicitlyDenied' : 'ImplicitlyDenied')) found.push('session');
  // Where both could have said yes, AWS names the identity's policies.
  return (['scp', 'identity', 'session', 'pb', 'resource'] as const).find((kind) => found.includes(kind)) ?? 'identity';
};

const denied = (explicit: boolean, analysis?: RequestAnalysis): Verdict => ({
  allowed: false,
  explicit,
  by: reasonOf(analysis, explicit),
});

/** For actions that the simulator's list lacks, or resources it cannot place: no check of the question itself. */
const evaluateLoosely = (question: Question): Verdict => {
  const { sessionPolicy, ...rest } = question;
  const simulation = simulationOf(rest, question.resource);
  const main = runUnsafeSimulation(simulation, {});
  if (main !== 'Allowed') return denied(main === 'ExplicitlyDenied');
  if (sessionPolicy === undefined) return { allowed: true };
  const session = runUnsafeSimulation(
    { ...simulation, identityPolicies: [{ name: 'session', policy: sessionPolicy }] },
    {},
  );
  return session === 'Allowed'
    ? { allowed: true }
    : { allowed: false, explicit: session === 'ExplicitlyDenied', by: 'session' };
};

/**
 * Keys that the simulator drops, since its list has them for another resource of the action; AWS's own example restricts
 * a submission by its share whatever the resource.
 * @see https://docs.aws.amazon.com/batch/latest/userguide/iam-example-share-identifier.html
 */
const OF_THE_REQUEST = ['batch:ShareIdentifier'];

/** Evaluates one action on one resource. */
export const evaluate = async (question: Question): Promise<Verdict> => {
  if (OF_THE_REQUEST.some((key) => key in question.context)) return evaluateLoosely(question);
  let result = await runSimulation(simulationOf(question, question.resource), {});
  if (result.resultType === 'error' && result.errors.message === 'must.use.wildcard') {
    result = await runSimulation(simulationOf(question, '*'), {});
  }
  if (result.resultType === 'error') return evaluateLoosely(question);
  if (result.overallResult === 'Allowed') return { allowed: true };
  const analysis = result.resultType === 'single' ? result.result.analysis : result.results[0]?.analysis;
  return denied(result.overallResult === 'ExplicitlyDenied', analysis);
};

const PROBE = {
  principal: 'arn:aws:iam::000000000000:user/probe',
  action: 'sts:GetCallerIdentity',
  resource: '*',
  resourceAccount: '000000000000',
  context: {},
  identityPolicies: [],
} as const satisfies Question;

const messages = (errors: readonly { path: string; message: string }[] | undefined): string[] =>
  (errors ?? []).map(({ path, message }) => `${path}: ${message}`);

/** What is wrong with the grammar of an identity policy; empty when nothing is. */
export const findIdentityPolicyFaults = async (policy: unknown): Promise<string[]> => {
  const result = await runSimulation(
    simulationOf({ ...PROBE, identityPolicies: [{ name: 'probe', policy }] }, '*'),
    {},
  );
  return result.resultType === 'error' ? messages(result.errors.identityPolicyErrors?.probe) : [];
};

/** What is wrong with the grammar of a bucket or key policy; empty when nothing is. */
export const findResourcePolicyFaults = async (policy: unknown): Promise<string[]> => {
  const result = await runSimulation(simulationOf({ ...PROBE, resourcePolicy: policy }, '*'), {});
  return result.resultType === 'error' ? messages(result.errors.resourcePolicyErrors) : [];
};
