import {
  GetAWSDefaultServiceQuotaCommand,
  GetServiceQuotaCommand,
  ListServiceQuotasCommand,
  ServiceQuotasClient,
} from '@aws-sdk/client-service-quotas';
import { expect, test } from 'vitest';
import { sandboxAccount } from '../support/sandbox.ts';

const VPCS = { ServiceCode: 'vpc', QuotaCode: 'L-F678F1CE' };
const GATEWAYS = { ServiceCode: 'vpc', QuotaCode: 'L-A4707A72' };
const ENVIRONMENTS = { ServiceCode: 'batch', QuotaCode: 'L-144F0CA5' };
const QUEUES = { ServiceCode: 'batch', QuotaCode: 'L-4CEA37AD' };

const start = async () => {
  const account = await sandboxAccount();
  const quotas = new ServiceQuotasClient(account.client);
  const value = async (quota: typeof VPCS) => (await quotas.send(new GetServiceQuotaCommand(quota))).Quota?.Value;
  return { account, quotas, value };
};

test('limits are those of the account, and defaults those of AWS', async () => {
  const { account, quotas, value } = await start();
  expect([await value(VPCS), await value(ENVIRONMENTS), await value(QUEUES)]).toEqual([100, 50, 50]);
  await account.quotas({ vpcs: 7, queues: 3, computeEnvironments: 2 });
  expect([await value(VPCS), await value(GATEWAYS)]).toEqual([7, 7]);
  expect([await value(ENVIRONMENTS), await value(QUEUES)]).toEqual([2, 3]);
  const { Quota } = await quotas.send(new GetAWSDefaultServiceQuotaCommand(VPCS));
  expect(Quota).toMatchObject({ Value: 5, Adjustable: true, QuotaName: 'VPCs per Region' });
});

test('a service lists its quotas; what does not exist is NoSuchResourceException', async () => {
  const { quotas, value } = await start();
  const { Quotas = [] } = await quotas.send(new ListServiceQuotasCommand({ ServiceCode: 'batch' }));
  expect(Quotas.map(({ QuotaCode }) => QuotaCode)).toEqual(['L-144F0CA5', 'L-4CEA37AD', 'L-F8102809']);
  await expect(value({ ServiceCode: 'vpc', QuotaCode: 'L-00000000' })).rejects.toMatchObject({
    name: 'NoSuchResourceException',
  });
  await expect(value({ ServiceCode: 'nothing', QuotaCode: 'L-F678F1CE' })).rejects.toMatchObject({
    name: 'NoSuchResourceException',
  });
});
