/**
 * Elastic IP addresses. There is no client token: each call allocates one more. One that is in use can't be released;
 * moto takes it out of its interface instead.
 * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AllocateAddress.html
 * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ReleaseAddress.html
 */
import { DescribeAddressesCommand, EC2Client } from '@aws-sdk/client-ec2';
import type { Rule } from '../../core/call.ts';
import { AwsError } from '../../core/error.ts';
import type { Lookup } from './lookup.ts';
import { settleNatGateways } from './nat-gateway-states.ts';
import { ADDRESSES } from './quotas.ts';
import { type Ec2Deps, mutation, textOf } from './state.ts';
import { appearing, visible } from './visibility.ts';

export const addressRules = (deps: Ec2Deps, lookup: Lookup): Record<string, Rule> => {
  const describe = visible(deps, 'DescribeAddresses');
  return {
    AllocateAddress: mutation(deps, appearing(deps, ['', 'AllocationId'], allocate(deps))),
    async DescribeAddresses(call, forward) {
      await settleNatGateways(deps, call);
      return await describe(call, forward);
    },
    ReleaseAddress: mutation(deps, release(deps, lookup)),
  };
};

const allocate =
  ({ world }: Ec2Deps): Rule =>
  async (call, forward) => {
    const ec2 = world.moto(EC2Client, call.account, call.region);
    const { Addresses = [] } = await ec2.send(new DescribeAddressesCommand({}));
    if (Addresses.length >= world.limit(call.account, ADDRESSES)) {
      throw new AwsError('AddressLimitExceeded', 'The maximum number of addresses has been reached.');
    }
    return forward();
  };

const release =
  (deps: Ec2Deps, lookup: Lookup): Rule =>
  async (call, forward) => {
    await settleNatGateways(deps, call);
    const found = await lookup.address(call, textOf(call.params, 'AllocationId'));
    if (found?.AssociationId) throw new AwsError('InvalidIPAddress.InUse', `Address ${found.PublicIp} is in use.`);
    return forward();
  };
