/** What `eyrie bootstrap` makes in one account, by the configuration: pure. */
import { apiRoleOf, installationOf } from '#config/derived.ts';
import type { Config } from '#config/schema.ts';
import { type AccountRef, partitionOf } from '#domain/core/account.ts';
import { fail } from '#domain/core/failures.ts';
import type { PolicyDocument } from '#domain/resources/policy-document.ts';
import { publishedRole, type Role, renderDocument, type Values } from './documents.ts';
import { valuesOf } from './values.ts';

/** Each has an account of its own, or may have. */
export const PARTS = ['home', 'pay-model', 'compute-account', 'image-reader'] as const;

export type Part = (typeof PARTS)[number];

export interface RolePlan {
  readonly role: Role;
  readonly name: string;
  readonly path: string;
  /** Null: nobody said who may enter it. It stays as it is; without it no role is made. */
  readonly trust: PolicyDocument | null;
  /** By the names that the policies have in the account. */
  readonly policies: Readonly<Record<string, PolicyDocument>>;
  /** Undefined: whatever bounds it stays. */
  readonly permissionsBoundary?: string | undefined;
}

export interface ControlBucketPlan {
  readonly name: string;
  readonly policy: PolicyDocument;
}

export interface BootstrapPlan {
  readonly part: Part;
  readonly account: AccountRef;
  /** H */
  readonly environment: string;
  readonly roles: readonly RolePlan[];
  readonly controlBucket: ControlBucketPlan | null;
}

export interface BootstrapOptions {
  readonly part: Part;
  /** Of the account that it is made in. */
  readonly accountId: string;
  /** Names or ARNs. Default: those of the configuration, else `eyrie-worker-<H>` and `eyrie-api-<H>`. */
  readonly workerRole?: string | undefined;
  readonly apiRole?: string | undefined;
  /** Who may enter the roles of worker and API: ARNs, and AWS services such as `ecs-tasks.amazonaws.com`. */
  readonly trusted: readonly string[];
  /** In their place, whole documents. */
  readonly workerTrust?: PolicyDocument | undefined;
  readonly apiTrust?: PolicyDocument | undefined;
  readonly permissionsBoundary?: string | undefined;
}

const ROLE_NAME_MAX = 64;

/** @throws Invalid where the configuration has nothing for this account, NameTooLong */
export const planBootstrap = (config: Config, options: BootstrapOptions): BootstrapPlan => {
  const { part, accountId } = options;
  const { environment, controlBucket } = installationOf(config);
  const account = { accountId, region: config.aws.region, roleArn: null, externalId: null };
  const plan = { part, account, environment, controlBucket: null };
  const own = ownRoles(config, options);
  const values = { ...valuesOf(config, accountId), workerRoleArn: own.worker, apiRoleArn: own.api };
  switch (part) {
    case 'home':
      return {
        ...plan,
        roles: [
          planRole('worker', nameIn(own.worker, accountId), values, options, options.workerTrust ?? trustOf(options)),
          planRole('api', nameIn(own.api, accountId), values, options, options.apiTrust ?? trustOf(options)),
        ],
        controlBucket: { name: controlBucket, policy: renderDocument('control-bucket', values) },
      };
    case 'pay-model':
      return { ...plan, roles: [planRole('payModel', config.aws.payModelRoleName, values, options)] };
    case 'compute-account': {
      const listed = config.compute.accounts.find((one) => one.accountId === accountId);
      if (!listed) throw fail('Invalid', `compute.accounts does not list account ${accountId}`);
      const its = { ...values, externalId: listed.externalId ?? [] };
      return { ...plan, roles: [planRole('computeAccount', nameIn(listed.roleArn, accountId), its, options)] };
    }
    case 'image-reader': {
      const arn = config['nextflow-global']['imagebuilder-reader-role-arn'];
      if (!arn) throw fail('Invalid', 'nextflow-global.imagebuilder-reader-role-arn names no role');
      // The external id is that of pay models.
      const its = { ...values, externalId: [] };
      return { ...plan, roles: [planRole('imageReader', nameIn(arn, accountId), its, options)] };
    }
  }
};

/** ARNs of the roles of worker and API, which are in Eyrie's own account. */
const ownRoles = (
  config: Config,
  { part, accountId, workerRole, apiRole }: BootstrapOptions,
): { readonly worker: string; readonly api: string } => {
  const { environment } = installationOf(config);
  const { assumeRole, accountId: configured, region } = config.aws;
  const worker = workerRole ?? assumeRole?.roleArn;
  const entered = apiRoleOf(config);
  // One role for both would have the rights of both: the API gets one of its own.
  const api = apiRole ?? (entered === assumeRole?.roleArn ? undefined : entered);
  const [, ofWorker] = /:iam::(\d{12}):/.exec(worker ?? '') ?? [];
  const home = part === 'home' ? accountId : (configured ?? ofWorker);
  const arnOf = (given: string | undefined, usual: string): string => {
    const name = given ?? usual;
    if (name.startsWith('arn:')) return name;
    if (home === undefined) {
      throw fail(
        'Invalid',
        "name the worker's role: by aws.assumeRole, by --worker-role ARN, or its account by aws.accountId",
      );
    }
    return `arn:${partitionOf(region)}:iam::${home}:role/${name}`;
  };
  return {
    worker: arnOf(worker, `eyrie-worker-${environment}`),
    api: arnOf(api, `eyrie-api-${environment}`),
  };
};

/** With its path. @throws Invalid where it is another account's */
const nameIn = (arn: string, accountId: string): string => {
  const [, account, name = ''] = /^arn:[\w-]+:iam::(\d{12}):role\/(.+)$/.exec(arn) ?? [];
  if (account === accountId) return name;
  throw fail('Invalid', `${arn} is not in account ${accountId}, whose credentials these are`);
};

const planRole = (
  role: Role,
  nameWithPath: string,
  values: Values,
  { permissionsBoundary }: BootstrapOptions,
  trust: PolicyDocument | null = renderDocument(publishedRole(role).trust, values),
): RolePlan => {
  const at = nameWithPath.lastIndexOf('/') + 1;
  const name = nameWithPath.slice(at);
  if (name.length > ROLE_NAME_MAX) {
    throw fail('NameTooLong', `the role name ${name} has more than ${ROLE_NAME_MAX} characters: name another one`);
  }
  const policies = publishedRole(role).policies.map((document): [string, PolicyDocument] => [
    policyName(name, document),
    renderDocument(document, values),
  ]);
  return {
    ...{ role, name, path: `/${nameWithPath.slice(0, at)}`, trust },
    policies: Object.fromEntries(policies),
    ...(permissionsBoundary !== undefined && { permissionsBoundary }),
  };
};

/** A managed policy for each document: together they are longer than what a role may hold inline. */
const policyName = (roleName: string, document: string): string => `${roleName}-${document}`;

const trustOf = ({ trusted }: BootstrapOptions): PolicyDocument | null =>
  trusted.length === 0
    ? null
    : renderDocument('trust', {
        trustedServices: trusted.filter((one) => !one.startsWith('arn:')),
        trustedArns: trusted.filter((one) => one.startsWith('arn:')),
      });
