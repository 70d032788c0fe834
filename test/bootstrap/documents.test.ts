import { expect, test } from 'vitest';
import { wantedOf } from '#bootstrap/documents.ts';

test('what a condition wants of nothing is left out, and whatever else it wants stays', () => {
  const external = { 'sts:ExternalId': [] };
  const organisation = { 'aws:PrincipalOrgID': 'o-1' };
  expect(wantedOf({ StringEquals: external })).toBeUndefined();
  expect(wantedOf({ StringEquals: { ...external, ...organisation } })).toEqual({ StringEquals: organisation });
  expect(wantedOf({ StringEquals: external, Bool: { 'aws:MultiFactorAuthPresent': 'true' } })).toEqual({
    Bool: { 'aws:MultiFactorAuthPresent': 'true' },
  });
  expect(wantedOf({ StringEquals: organisation })).toEqual({ StringEquals: organisation });
});
