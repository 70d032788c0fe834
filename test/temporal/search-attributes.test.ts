import { randomUUID } from 'node:crypto';
import { Connection } from '@temporalio/client';
import { expect, onTestFinished, test } from 'vitest';
import { ensureSearchAttributes, type SearchAttributeDeps } from '#temporal/search-attributes.ts';
import { sandboxEndpoints } from '../support/sandbox.ts';

const INT = 3;
const KEYWORD = 2;
const DATETIME = 6;

/** A namespace without any attribute of ours. */
const aNamespace = async () => {
  const { temporal } = await sandboxEndpoints();
  const connection = await Connection.connect({ address: temporal ?? '' });
  onTestFinished(() => connection.close());
  const namespace = `bare-${randomUUID()}`;
  const day = { seconds: 86_400 as never };
  await connection.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod: day });
  const operator = connection.operatorService;
  const warnings: string[] = [];
  const ensure = (changes: Partial<SearchAttributeDeps> = {}) =>
    ensureSearchAttributes({ operator, namespace, warn: (message) => warnings.push(message), ...changes });
  const listed = async () => (await operator.listSearchAttributes({ namespace })).customAttributes;
  return { operator, namespace, warnings, ensure, listed };
};

const refused = () => Promise.reject(Object.assign(new Error('denied'), { code: 7, details: '', metadata: {} }));

test('what is missing is registered, and the second time nothing changes', async () => {
  const { ensure, listed } = await aNamespace();
  const wanted = { EyriePhase: KEYWORD, EyrieStep: KEYWORD, EyrieErrorCode: KEYWORD, EyrieStuckSince: DATETIME };
  expect(await listed()).not.toMatchObject(wanted);
  await ensure();
  const after = await listed();
  expect(after).toMatchObject({ ...wanted, EyrieAccount: KEYWORD, EyrieEnvironment: KEYWORD });
  await ensure();
  expect(await listed()).toEqual(after);
});

test('two workers that start at the same time are both content', async () => {
  const { ensure } = await aNamespace();
  await Promise.all([ensure(), ensure(), ensure()]);
});

test('a server that does not let Eyrie register them: the commands to run', async () => {
  const { operator, namespace, ensure } = await aNamespace();
  const readOnly = {
    listSearchAttributes: operator.listSearchAttributes.bind(operator),
    addSearchAttributes: refused,
  } as unknown as SearchAttributeDeps['operator'];
  await expect(ensure({ operator: readOnly })).rejects.toThrow(
    `temporal operator search-attribute create --namespace ${namespace} --name EyrieStuckSince --type Datetime`,
  );
  // Control: once they are there, the same server is good enough.
  await ensure();
  await ensure({ operator: readOnly });
});

test('a server that does not let Eyrie look: it starts, with a word in its log', async () => {
  const { ensure, warnings } = await aNamespace();
  const blind = { listSearchAttributes: refused, addSearchAttributes: refused } as unknown;
  await ensure({ operator: blind as SearchAttributeDeps['operator'] });
  expect(warnings).toEqual([expect.stringContaining('--name EyriePhase --type Keyword')]);
});

test('an attribute of another type is refused by its name', async () => {
  const { operator, namespace, ensure } = await aNamespace();
  await operator.addSearchAttributes({ namespace, searchAttributes: { EyriePhase: INT } });
  await expect(ensure()).rejects.toThrow('EyriePhase must be of type Keyword');
});
