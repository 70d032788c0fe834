import { _InstanceType } from '@aws-sdk/client-ec2';
import { expect, test } from 'vitest';
import { vcpuQuotaOf } from '#domain/workspace/vcpu-quotas.ts';

test('every type that EC2 has counts against a quota, but for those that run on hosts of their own', () => {
  const unknown = Object.values(_InstanceType).filter((type) => vcpuQuotaOf(type, 'EC2') === undefined);
  expect(unknown.filter((type) => !type.startsWith('mac'))).toEqual([]);
});

test.each([
  ['c5.large', 'EC2', 'L-1216C47A'],
  ['c5', 'SPOT', 'L-34B43A08'],
  ['im4gn.large', 'EC2', 'L-1216C47A'],
  ['is4gen', 'EC2', 'L-1216C47A'],
  ['inf2.xlarge', 'EC2', 'L-1945791B'],
  ['p5.48xlarge', 'EC2', 'L-417A185B'],
  ['g4dn.xlarge', 'SPOT', 'L-3819A6DF'],
  ['vt1', 'EC2', 'L-DB2E81BA'],
  ['dl1.24xlarge', 'EC2', 'L-6E869C2A'],
  ['d3.xlarge', 'EC2', 'L-1216C47A'],
  ['u-6tb1.metal', 'EC2', 'L-43DA4232'],
  ['u-6tb1.metal', 'SPOT', undefined],
  ['hpc7g', 'EC2', 'L-F7808C92'],
  ['trn1n', 'SPOT', 'L-6B0D517C'],
  ['x2iedn.xlarge', 'EC2', 'L-7295265B'],
  ['qq1.large', 'EC2', undefined],
] as const)('%s as %s counts against %s', (type, provisioning, code) => {
  expect(vcpuQuotaOf(type, provisioning)?.code).toBe(code);
});
