/** The rights that `eyrie doctor` asks about, answered by an independent implementation of IAM's rules. */
import type { SimulatePrincipalPolicyCommand } from '@aws-sdk/client-iam';
import { describe, expect, test } from 'vitest';
import { principalArnOf } from '#aws/simulate.ts';
import { type PublishedQuestion, questionsOf } from '#doctor/published-rights.ts';
import { checkRights } from '#doctor/rights.ts';
import { fail } from '#domain/core/failures.ts';
import { mayByIdentity } from '../domain/iam.ts';
import { PLACEHOLDERS, readDocument, roles } from '../domain/role-documents.ts';

const ROLE = 'arn:aws:iam::123456789012:role/eyrie-worker';

type Policy = ReturnType<typeof readDocument>;

/** IAM's simulator over these policies. */
const simulator = (policies: readonly Policy[]) => ({
  asked: [] as string[],
  async send({ input }: SimulatePrincipalPolicyCommand) {
    const context = (input.ContextEntries ?? []).map(({ ContextKeyName: key, ContextKeyValues: values }) => [
      key,
      values?.[0],
    ]);
    const results = (input.ActionNames ?? []).flatMap((action) =>
      (input.ResourceArns ?? []).map(async (resource) => {
        this.asked.push(action);
        const allowed = await mayByIdentity(policies, {
          ...{ principal: input.PolicySourceArn ?? '', action, resource },
          context: Object.fromEntries(context),
        });
        const EvalDecision = allowed ? 'allowed' : 'implicitDeny';
        return { EvalActionName: action, EvalResourceName: resource, EvalDecision };
      }),
    );
    return { EvaluationResults: await Promise.all(results) };
  },
});

const whose = async () => ROLE;
const asked = questionsOf('worker', PLACEHOLDERS);
const documents = roles.worker?.policies ?? [];

test('whoever has the published documents lacks nothing, and every action of them was asked about', async () => {
  const policies = documents.map((name) => readDocument(name));
  const iam = simulator(policies);
  const findings = await checkRights(iam as never, whose, asked);
  expect(findings.filter(({ verdict }) => verdict !== 'ok')).toEqual([]);
  const published = policies.flatMap(({ Statement }) => Statement.flatMap(({ Action }) => Action));
  expect(new Set(iam.asked)).toEqual(new Set(published));
});

describe.each(documents)('%s', (name) => {
  const document = readDocument(name);
  const actions = [...new Set(document.Statement.flatMap(({ Action }) => Action))];

  test(`each of its ${actions.length} rights that is taken away is named, with the document that has it`, async () => {
    for (const action of actions) {
      const less = document.Statement.map((statement) => ({
        ...statement,
        Action: [statement.Action].flat().filter((one) => one !== action),
      })).filter(({ Action }) => Action.length > 0);
      const iam = simulator([{ ...document, Statement: less }]);
      const questions: PublishedQuestion[] = asked
        .filter((question) => question.document === name && question.actions.includes(action))
        .map((question) => ({ ...question, actions: [action] }));
      const [finding] = await checkRights(iam as never, whose, questions);
      expect(finding, action).toMatchObject({ verdict: 'problem', check: name });
      expect(finding?.detail).toContain(`${action} on `);
      expect(finding?.todo).toContain(`${name}.json`);
    }
  });
});

test('what stands on a later page of the answer is not taken for granted', async () => {
  const on = (EvalDecision: string) => [{ EvalActionName: 'a:B', EvalResourceName: EvalDecision, EvalDecision }];
  const iam = {
    send: async ({ input }: SimulatePrincipalPolicyCommand) =>
      input.Marker === undefined
        ? { EvaluationResults: on('allowed'), IsTruncated: true, Marker: 'm' }
        : { EvaluationResults: on('implicitDeny'), IsTruncated: false },
  };
  const [finding] = await checkRights(iam as never, whose, asked.slice(0, 1));
  expect(finding).toMatchObject({ verdict: 'problem', detail: expect.stringContaining('a:B on implicitDeny') });
});

test('what is denied explicitly is said to be', async () => {
  const EvaluationResults = [{ EvalActionName: 'a:B', EvalResourceName: '*', EvalDecision: 'explicitDeny' }];
  const iam = { send: async () => ({ EvaluationResults }) };
  const [finding] = await checkRights(iam as never, whose, asked.slice(0, 1));
  expect(finding?.detail).toContain('a:B on * (denied explicitly)');
});

test('where the simulator may not be asked, that is not taken for an answer', async () => {
  const iam = {
    send: async () => {
      throw fail('Denied', 'no');
    },
  };
  const findings = await checkRights(iam as never, whose, asked);
  expect(new Set(findings.map(({ verdict }) => verdict))).toEqual(new Set(['unknown']));
  expect(findings[0]?.todo).toContain('doctor.json');
});

test('the role of a session is asked for with its path; the account itself may do anything', async () => {
  const iam = { send: async () => ({ Role: { Arn: 'arn:aws:iam::123456789012:role/eks/eyrie-worker' } }) };
  const session = 'arn:aws:sts::123456789012:assumed-role/eyrie-worker/eyrie';
  expect(await principalArnOf(iam as never, session)).toBe('arn:aws:iam::123456789012:role/eks/eyrie-worker');
  expect(await principalArnOf(iam as never, 'arn:aws:iam::123456789012:root')).toBeUndefined();
  const [finding] = await checkRights(iam as never, async () => undefined, asked);
  expect(finding).toMatchObject({ verdict: 'ok' });
});
