/**
 * What whoever works on a compute environment has to be allowed, by phase, for these very options: names are this
 * environment's alone wherever AWS can tell them, and what has no name is told by its owner's tag.
 *
 * `plan` reads what a create would check. `create` is that and all that makes it; `update` is what changes it in place or
 * puts another environment behind a queue, besides `create`. `run` starts and watches pipelines. `dispose` removes all,
 * and is enough by itself: it may belong to a role that outlives whoever made it.
 */
import type { PolicyDocument, Statement } from '../resources/policy-document.ts';
import type { ComputeInput } from './input.ts';
import { createStatements } from './phase-create.ts';
import { disposeStatements } from './phase-dispose.ts';
import { planStatements } from './phase-plan.ts';
import { runStatements } from './phase-run.ts';
import { type PhaseScope, phaseScope } from './phase-scope.ts';
import { updateStatements } from './phase-update.ts';

export const POLICY_PHASES = ['plan', 'create', 'update', 'run', 'dispose'] as const;
export type PolicyPhase = (typeof POLICY_PHASES)[number];

/** Characters that IAM takes in a managed policy, without white space. */
export const MANAGED_POLICY_MAX = 6144;

const STATEMENTS: Readonly<Record<PolicyPhase, (scope: PhaseScope) => readonly Statement[]>> = {
  plan: planStatements,
  create: (scope) => [...planStatements(scope), ...createStatements(scope)],
  update: updateStatements,
  run: runStatements,
  dispose: disposeStatements,
};

/** As many documents as IAM's limit makes of it: all of them together are the phase's. */
export const policyFor = (phase: PolicyPhase, input: ComputeInput): readonly PolicyDocument[] =>
  split(STATEMENTS[phase](phaseScope(input)));

const document = (statements: readonly Statement[]): PolicyDocument => ({
  Version: '2012-10-17',
  Statement: statements,
});

const split = (statements: readonly Statement[]): PolicyDocument[] => {
  const documents: Statement[][] = [];
  for (const statement of statements) {
    const last = documents.at(-1);
    const fits = last && JSON.stringify(document([...last, statement])).length <= MANAGED_POLICY_MAX;
    if (fits) last.push(statement);
    else documents.push([statement]);
  }
  return documents.map(document);
};
