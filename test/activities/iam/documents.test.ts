import { expect, test } from 'vitest';
import { sameDocument } from '#activities/iam/documents.ts';

const document = (statement: unknown) => JSON.stringify({ Version: '2012-10-17', Statement: statement });
const base = { Effect: 'Allow', Principal: '*', Action: ['s3:GetObject', 's3:PutObject'], Resource: 'a' };

test('documents that mean the same are the same, whatever their order and lists of one', () => {
  const same = [
    [base],
    base,
    [{ Resource: ['a'], Action: ['s3:PutObject', 's3:GetObject'], Principal: { AWS: ['*'] }, Effect: 'Allow' }],
  ];
  for (const statement of same) expect(sameDocument(document([base]), document(statement))).toBe(true);
  const conditions = [{ Bool: { secure: 'false' } }, { Bool: { secure: [false] } }];
  const [one, other] = conditions.map((Condition) => document({ ...base, Condition }));
  expect(sameDocument(one ?? '', other ?? '')).toBe(true);
  const second = { ...base, Effect: 'Deny' };
  expect(sameDocument(document([base, second]), document([second, base]))).toBe(true);
});

test('documents that mean something else differ', () => {
  const others = [
    { ...base, Effect: 'Deny' },
    { ...base, Action: 's3:GetObject' },
    { ...base, Resource: ['a', 'b'] },
    { ...base, Principal: { Service: '*' } },
    { ...base, Condition: { Bool: { secure: 'true' } } },
    [base, { ...base, Effect: 'Deny' }],
    [],
  ];
  for (const statement of others) expect(sameDocument(document(base), document(statement))).toBe(false);
  expect(sameDocument('not json', 'not json')).toBe(false);
});
