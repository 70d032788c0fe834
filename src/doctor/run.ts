/** Looks at everything that an installation depends on. Changes nothing, unless it is told to take a name over. */
import { readVersion } from '#api/version.ts';
import { createOwnAws, homeAccount } from '#aws/own.ts';
import { principalArnOf } from '#aws/simulate.ts';
import { valuesOf } from '#bootstrap/values.ts';
import { installationOf, timingOf } from '#config/derived.ts';
import type { Config } from '#config/schema.ts';
import { createControl } from '#control/control.ts';
import { type AccountRef, partitionOf } from '#domain/core/account.ts';
import { errorText } from '#domain/core/error-text.ts';
import { codeOf } from '#domain/core/failures.ts';
import { taskQueueOf } from '#domain/core/installation.ts';
import { createTemporalClient, resolveTemporal } from '#temporal/client.ts';
import { createAskQuota } from '#temporal/quota-verdict.ts';
import { checkBucketSettings, checkControlBucket, checkLinkedRoles, checkProxyImage, identify } from './account.ts';
import { checkApi, checkClock, checkIssuer } from './api.ts';
import { checkBucketAccess } from './bucket-access.ts';
import { checkClaims } from './claims.ts';
import { type Finding, sayingOf } from './finding.ts';
import { checkPayModel } from './pay-models.ts';
import { questionsOf } from './published-rights.ts';
import { checkRights } from './rights.ts';
import { checkSeals } from './seals.ts';
import { checkTemporal } from './temporal.ts';

/** Whether the environment's name is taken from another installation, and in which accounts besides those that are known. */
export interface TakeOver {
  readonly accountIds: readonly string[];
}

export interface ExamineOptions {
  readonly takeOver?: TakeOver | undefined;
  /** Accounts of pay models, whose role is looked at there. Default: none. */
  readonly payModels?: readonly string[] | undefined;
  readonly now?: () => number;
}

export const examine = async (
  config: Config,
  { takeOver, payModels = [], now = Date.now }: ExamineOptions = {},
): Promise<readonly Finding[]> => {
  const client = createTemporalClient(config.temporal);
  try {
    const installation = installationOf(config);
    const { version } = readVersion();
    const [temporal, account, api, issuer] = await Promise.all([
      checkTemporal({ client, connection: resolveTemporal(config.temporal).connectionOptions, installation, version }),
      examineAccount(config, takeOver, payModels),
      checkApi(config, version),
      checkIssuer(config),
    ]);
    const quotas = await examineQuotas(config, account.accountId, client);
    const { endpoint, region } = config.aws;
    const awsClock = await checkClock('AWS', endpoint ?? `https://sts.${region}.${domainOf(region)}`, now);
    return [...temporal, ...account.findings, ...quotas, ...api, issuer, awsClock];
  } finally {
    await client.connection.close();
  }
};

const domainOf = (region: string): string => (region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com');

const examineAccount = async (
  config: Config,
  takeOver: TakeOver | undefined,
  payModels: readonly string[],
): Promise<{ readonly accountId: string | undefined; readonly findings: readonly Finding[] }> => {
  const home = homeAccount(config.aws);
  const own = createOwnAws(config.aws);
  const { caller, finding } = await identify(own, home, config.aws);
  if (!caller) return { accountId: undefined, findings: [finding] };
  // Who may enter the worker's role may look at more than that role itself, which reads no settings.
  const { assumeRole, ...entering } = config.aws;
  const looking = createOwnAws(entering);
  const principal = () =>
    assumeRole ? Promise.resolve(assumeRole.roleArn) : principalArnOf(looking.iam(home), caller.arn);
  const { controlBucket: bucket } = config.aws;
  const control = createControl({ bucket, sealingKeys: config.sealingKeys, s3: own.s3(home) });
  const findings = await Promise.all([
    checkControlBucket(own, home, config.aws),
    checkBucketAccess(own, home, config.aws),
    checkBucketSettings(looking, home, config.aws),
    checkSeals(control, installationOf(config).environment),
    checkLinkedRoles(looking, home),
    checkClaims({
      aws: own,
      control,
      ...installationOf(config),
      accounts: [{ ...home, accountId: caller.accountId }, ...accountsOf(config, takeOver?.accountIds ?? [])],
      takesOver: takeOver !== undefined,
    }),
    ...(config.network.egress === 'proxy' ? [checkProxyImage(own, home, config.squid.image).then((one) => [one])] : []),
    checkRights(looking.iam(home), principal, questionsOf('worker', valuesOf(config, caller.accountId))),
    ...payModels.map((accountId) =>
      checkPayModel(own, payModelAccount(config.aws, accountId), questionsOf('payModel', valuesOf(config, accountId))),
    ),
  ]);
  return { accountId: caller.accountId, findings: [finding, ...findings.flat()] };
};

/** Those that are worked in without a record yet, or any more. */
const accountsOf = ({ aws, compute }: Config, accountIds: readonly string[]): readonly AccountRef[] => [
  ...compute.accounts.map((account) => ({ ...account, region: aws.region })),
  ...accountIds.map((accountId) => payModelAccount(aws, accountId)),
];

const payModelAccount = ({ region, externalId, payModelRoleName }: Config['aws'], accountId: string): AccountRef => ({
  ...{ accountId, region, externalId: externalId ?? null },
  roleArn: `arn:${partitionOf(region)}:iam::${accountId}:role/${payModelRoleName}`,
});

const { ok, warning, unknown } = sayingOf('quotas');

/** Places that another workspace would need: a worker counts them. */
const ONE_MORE = { queue: ['one more'], computeEnvironment: ['one more'], vpc: ['one more'] };

const examineQuotas = async (
  config: Config,
  accountId: string | undefined,
  client: ReturnType<typeof createTemporalClient>,
): Promise<readonly Finding[]> => {
  if (accountId === undefined) return [];
  const installation = installationOf(config);
  const ask = createAskQuota(client, taskQueueOf(installation), timingOf(config));
  const account = { ...homeAccount(config.aws), accountId };
  try {
    const places = await ask({ account, environment: installation.environment, names: ONE_MORE });
    return places.map(({ counts, used, limit, fits, raise }) => {
      const detail = `${used} of ${limit} in use`;
      if (fits) return ok(counts, detail);
      const more = raise === null ? '' : `, or raise "${raise}" in Service Quotas`;
      return warning(
        counts,
        `${detail}: no further workspace finds a place`,
        `dispose of one that is not needed any more (\`eyrie list\`)${more}`,
      );
    });
  } catch (error) {
    const isSilent = codeOf(error) === 'Unavailable';
    const why = isSilent ? 'none has answered in time' : errorText(error);
    const todo = isSilent ? 'see whether one runs: `eyrie worker --config FILE` starts one' : undefined;
    return [unknown('places', `no worker has counted them: ${why}`, todo)];
  }
};
