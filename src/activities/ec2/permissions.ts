/** Rules of security groups, compared one source at a time. */
import type { IpPermission } from '@aws-sdk/client-ec2';

/** Everything to everywhere: what a group that was just made lets out. */
export const EVERYTHING: IpPermission = { IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }] };

/** One permission per source: AWS puts those with the same ports together. */
const single = ({ IpProtocol, FromPort, ToPort, ...sources }: IpPermission): IpPermission[] => {
  const ports = {
    IpProtocol,
    ...(FromPort !== undefined && { FromPort }),
    ...(ToPort !== undefined && { ToPort }),
  };
  return [
    ...(sources.IpRanges ?? []).map((range) => ({ ...ports, IpRanges: [range] })),
    ...(sources.Ipv6Ranges ?? []).map((range) => ({ ...ports, Ipv6Ranges: [range] })),
    ...(sources.PrefixListIds ?? []).map((list) => ({ ...ports, PrefixListIds: [list] })),
    ...(sources.UserIdGroupPairs ?? []).map((pair) => ({ ...ports, UserIdGroupPairs: [pair] })),
  ];
};

/** Of two permissions with one source each. */
const isSame = (one: IpPermission, other: IpPermission): boolean =>
  one.IpProtocol === other.IpProtocol &&
  (one.IpProtocol === '-1' || (one.FromPort === other.FromPort && one.ToPort === other.ToPort)) &&
  sourceOf(one) !== undefined &&
  sourceOf(one) === sourceOf(other);

const sourceOf = ({ IpRanges, Ipv6Ranges, PrefixListIds, UserIdGroupPairs }: IpPermission): string | undefined =>
  IpRanges?.[0]?.CidrIp ??
  Ipv6Ranges?.[0]?.CidrIpv6 ??
  PrefixListIds?.[0]?.PrefixListId ??
  UserIdGroupPairs?.[0]?.GroupId;

/** The rules that are wanted and lacking, and those that are there and too much. */
export const difference = (
  found: readonly IpPermission[] | undefined,
  wanted: readonly IpPermission[],
): { readonly lacking: IpPermission[]; readonly tooMuch: IpPermission[] } => {
  const present = (found ?? []).flatMap(single);
  return {
    lacking: wanted.filter((rule) => !present.some((each) => isSame(each, rule))),
    tooMuch: present.filter((each) => !wanted.some((rule) => isSame(each, rule))),
  };
};
