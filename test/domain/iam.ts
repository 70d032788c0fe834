import { isWildcardOnlyAction, runSimulation, runUnsafeSimulation } from '@cloud-copilot/iam-simulate';

export interface Question {
  readonly principal: string;
  readonly action: string;
  readonly resource: string;
  readonly context?: Readonly<Record<string, string | string[]>>;
}

/**
 * Does AWS let it happen, by an independent implementation of IAM's rules? Throws where a document is malformed.
 */
export const mayHappen = async (
  policies: readonly unknown[],
  { principal, action, resource, context = {} }: Question,
  resourcePolicy?: unknown,
): Promise<boolean> => {
  const accountId = principal.split(':')[4] ?? '';
  const ownPolicy = resourcePolicy ?? (action.startsWith('kms:') ? defaultKeyPolicy(accountId) : undefined);
  const simulation = {
    request: { principal, action, resource: { resource, accountId }, contextVariables: { ...context } },
    identityPolicies: policies.map((policy, index) => ({ name: `policy-${index}`, policy })),
    serviceControlPolicies: [],
    resourceControlPolicies: [],
    ...(ownPolicy !== undefined && { resourcePolicy: ownPolicy }),
  };
  const answer = await runSimulation(simulation, {});
  if (answer.resultType === 'error') {
    // Public parameters have no account in their ARN, which the check of the question takes for a fault.
    if (answer.errors.message === 'no.resource.types') return runUnsafeSimulation(simulation, {}) === 'Allowed';
    throw new Error(JSON.stringify(answer.errors));
  }
  return answer.overallResult === 'Allowed';
};

/** What KMS gives a key that is made without a policy: the account's own policies decide. */
const defaultKeyPolicy = (accountId: string) => ({
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${accountId}:root` }, Action: 'kms:*', Resource: '*' },
  ],
});

/** What IAM's simulator of a principal says: whatever the resource, and without the policy that it may have itself. */
export const mayByIdentity = async (
  policies: readonly unknown[],
  { principal, action, resource, context = {} }: Question,
): Promise<boolean> => {
  const answer = await runUnsafeSimulation(
    {
      request: {
        principal,
        action: withoutKeyPolicies(action),
        resource: { resource, accountId: principal.split(':')[4] ?? '' },
        contextVariables: { ...context },
      },
      identityPolicies: policies.map((policy, index) => ({
        name: `policy-${index}`,
        policy: JSON.parse(withoutKeyPolicies(JSON.stringify(policy))),
      })),
      serviceControlPolicies: [],
      resourceControlPolicies: [],
    },
    {},
  );
  return answer === 'Allowed';
};

interface Submission {
  readonly principal: string;
  readonly queue: string;
  readonly definition: string;
  readonly share?: string;
}

/** May a job be submitted? In either world: its share is weighed with queue and definition, or with the job. */
export const maySubmit = async (
  policies: readonly unknown[],
  { principal, queue, definition, share }: Submission,
): Promise<{ readonly ofQueue: boolean; readonly ofJob: boolean }> => {
  const action = 'batch:SubmitJob';
  const context = share === undefined ? {} : { 'batch:ShareIdentifier': share };
  const may = (resource: string, keys = {}) => mayByIdentity(policies, { principal, action, resource, context: keys });
  const job = queue.replace(/:job-queue.*/, ':job/*');
  const all = async (...answers: Promise<boolean>[]) => (await Promise.all(answers)).every(Boolean);
  return {
    ofQueue: await all(may(queue, context), may(definition, context)),
    ofJob: await all(may(queue), may(definition), may(job, context)),
  };
};

/** For KMS the evaluator wants a key policy, too: another service has none. */
const withoutKeyPolicies = (text: string): string =>
  text.replaceAll(/"kms:|^kms:/g, (found) => found.replace('kms', 'sns'));

/** Can't a right to this action be limited to a resource? Throws where AWS has no such action. */
export const takesNoResource = async (action: string): Promise<boolean> => {
  const [service = '', name = ''] = action.split(':');
  return await isWildcardOnlyAction(service, name);
};
