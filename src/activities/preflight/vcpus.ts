/**
 * May the account run as many vCPUs? Batch asks nobody: it makes an environment of any size, and a job that no quota
 * lets start is RUNNABLE for ever. What can never start is refused; where only the maximum is out of reach, jobs wait
 * for each other, and the worker's log says so.
 */
import { DescribeInstanceTypesCommand } from '@aws-sdk/client-ec2';
import { log } from '@temporalio/activity';
import type { Aws } from '#aws/clients.ts';
import { collect } from '#aws/pages.ts';
import type { Problem } from '#domain/core/failures.ts';
import { isChosenByBatch } from '#domain/resources/instance-types.ts';
import type { PreflightSpec } from '#domain/workspace/specs.ts';
import { type VcpuQuota, vcpuQuotaOf } from '#domain/workspace/vcpu-quotas.ts';
import { readQuota } from '../account/quota.ts';
import { type Ec2, filters } from '../ec2/client.ts';

/** The smallest of the families that Batch chooses from: `large` on x86, `medium` on arm64. */
const SMALLEST_CHOSEN: Readonly<Record<string, number>> = { default_arm64: 1 };
const SMALLEST_CHOSEN_X86 = 2;

/** More than the largest instance has: whoever may run as many need not be told what a type has. */
const VCPUS_OF_ANY_TYPE = 1_024;

interface Need {
  readonly wanted: string;
  /** Of the smallest instance that fits the wish; 0 where the quota is far above any. */
  readonly vcpus: number;
  readonly quota: VcpuQuota;
  /** What the quota leaves for it; undefined where nobody may know. */
  readonly limit: number | undefined;
}

/** What is to run: instances of these types, and a proxy where it has a type. */
type Asked = Pick<
  PreflightSpec,
  'account' | 'instanceTypes' | 'provisioning' | 'minvCpus' | 'maxvCpus' | 'squidInstanceType'
>;

export const checkVcpus = async (aws: Aws, spec: Asked): Promise<Problem[]> => {
  const limits = new Map<string, Promise<number | undefined>>();
  const limitOf = ({ code }: VcpuQuota): Promise<number | undefined> => {
    const known = limits.get(code) ?? readQuota(aws, spec.account, { ServiceCode: 'ec2', QuotaCode: code });
    limits.set(code, known);
    return known;
  };
  const needOf = async (wanted: string, provisioning: 'EC2' | 'SPOT'): Promise<Need | undefined> => {
    const quota = vcpuQuotaOf(isChosenByBatch(wanted) ? 'm' : wanted, provisioning);
    if (!quota) return undefined;
    const limit = await limitOf(quota);
    const isPlenty = limit === undefined || limit >= VCPUS_OF_ANY_TYPE;
    const vcpus = isPlenty ? 0 : await findSmallest(aws.ec2(spec.account), wanted);
    // Nothing is known of a type that does not exist: the look at the zones says so.
    return vcpus === undefined ? undefined : { wanted, vcpus, quota, limit };
  };

  const squid = spec.squidInstanceType === null ? undefined : await needOf(spec.squidInstanceType, 'EC2');
  const needs = await Promise.all(spec.instanceTypes.map((type) => needOf(type, spec.provisioning)));
  const known = needs.filter((need) => need !== undefined).map((need) => besideSquid(need, squid));
  return [
    ...(squid && !fits(squid) ? [problem('/settings/squid/instanceType', tooSmall(squid, spec))] : []),
    // A type of which nothing is known may be the one that fits.
    ...(known.length < needs.length ? [] : checkJobs(known, spec)),
  ];
};

const fits = ({ limit, vcpus }: Need): boolean => limit === undefined || limit >= vcpus;

/** The proxy runs all the time: what it takes is not there for jobs. */
const besideSquid = (need: Need, squid: Need | undefined): Need =>
  need.limit !== undefined && squid?.quota.code === need.quota.code
    ? { ...need, limit: Math.max(0, need.limit - squid.vcpus) }
    : need;

const checkJobs = (needs: readonly Need[], spec: Asked): Problem[] => {
  const { minvCpus, maxvCpus } = spec;
  const usable = needs.filter(fits);
  if (usable.length === 0) return needs.map((need) => problem('/nextflow/instance-type', tooSmall(need, spec)));
  const byQuota = new Map(usable.map((need) => [need.quota.code, need.limit ?? Number.POSITIVE_INFINITY]));
  const most = [...byQuota.values()].reduce((sum, limit) => sum + limit, 0);
  const quotas = [...new Set(usable.map(({ quota }) => textOf(quota)))].join(', ');
  if (minvCpus > most) {
    const detail = `${minvCpus} vCPUs can't be kept: the account may run ${most} beside the proxy (${quotas}). Ask for more in Service Quotas`;
    return [problem('/nextflow/instance-min-vcpus', detail)];
  }
  if (maxvCpus > most) {
    log.warn('the account may run fewer vCPUs than the environment may have: jobs beyond wait as RUNNABLE', {
      maxvCpus,
      quotaVcpus: most,
      quotas,
    });
  }
  return [];
};

const problem = (pointer: string, detail: string): Problem => ({ pointer, detail });

const textOf = ({ name, code }: VcpuQuota): string => `"${name}", ${code}`;

const tooSmall = ({ wanted, vcpus, quota, limit = 0 }: Need, { account }: Asked): string =>
  `${wanted} needs ${vcpus} vCPUs, and the account may run ${limit} more in ${account.region} (quota ${textOf(quota)}), so it could never start. Ask for more in Service Quotas, or choose another type`;

/** vCPUs of the type, or of the smallest of the family; undefined where there is none. */
const findSmallest = async (ec2: Ec2, wanted: string): Promise<number | undefined> => {
  if (isChosenByBatch(wanted)) return SMALLEST_CHOSEN[wanted] ?? SMALLEST_CHOSEN_X86;
  const Filters = filters({ 'instance-type': wanted.includes('.') ? wanted : `${wanted}.*` });
  const types = await collect(async (NextToken) => {
    const answer = await ec2.send(new DescribeInstanceTypesCommand({ Filters, NextToken }));
    return { items: answer.InstanceTypes, next: answer.NextToken };
  });
  const vcpus = types.flatMap(({ VCpuInfo }) => VCpuInfo?.DefaultVCpus ?? []);
  return vcpus.length === 0 ? undefined : Math.min(...vcpus);
};
