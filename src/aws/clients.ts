/**
 * AWS clients by account. Temporal owns retries, so a client makes two attempts at a read and one at a write: an SDK
 * retry after a cut connection would make a second VPC. Whatever goes wrong arrives as a classified failure.
 */
import { BatchClient } from '@aws-sdk/client-batch';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { EC2Client } from '@aws-sdk/client-ec2';
import { EFSClient } from '@aws-sdk/client-efs';
import { FSxClient } from '@aws-sdk/client-fsx';
import { IAMClient } from '@aws-sdk/client-iam';
import { ImagebuilderClient } from '@aws-sdk/client-imagebuilder';
import { KMSClient } from '@aws-sdk/client-kms';
import { S3Client } from '@aws-sdk/client-s3';
import { ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import { SSMClient } from '@aws-sdk/client-ssm';
import { STSClient } from '@aws-sdk/client-sts';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { asyncLocalStorage } from '@temporalio/activity';
import { LRUCache } from 'lru-cache';
import type { AccountRef } from '#domain/core/account.ts';
import { codeOf, type FailureCode, factsOf } from '#domain/core/failures.ts';
import {
  type CredentialProvider,
  type CredentialSource,
  type Credentials,
  createCredentialSource,
} from './credential-source.ts';
import { assumedRole, defaultChain } from './credentials.ts';
import { explainDenial } from './denial.ts';
import { classify, EXPIRED_CODES } from './errors.ts';
import type { Governor } from './governor.ts';
import { laneOf, patienceOf } from './governor-lanes.ts';
import { resourceOf } from './resource-of.ts';
import { noteUnderWay } from './under-way.ts';
import { noteWrite } from './writes.ts';

/** The SDK client's `send`, by reads or writes; it throws classified failures only. */
export type AwsClient<SdkClient extends { send: unknown }> = Pick<SdkClient, 'send'>;

export interface Aws {
  readonly ec2: (account: AccountRef) => AwsClient<EC2Client>;
  readonly batch: (account: AccountRef) => AwsClient<BatchClient>;
  readonly iam: (account: AccountRef) => AwsClient<IAMClient>;
  readonly s3: (account: AccountRef) => AwsClient<S3Client>;
  readonly kms: (account: AccountRef) => AwsClient<KMSClient>;
  readonly sts: (account: AccountRef) => AwsClient<STSClient>;
  readonly ssm: (account: AccountRef) => AwsClient<SSMClient>;
  readonly imagebuilder: (account: AccountRef) => AwsClient<ImagebuilderClient>;
  readonly quotas: (account: AccountRef) => AwsClient<ServiceQuotasClient>;
  readonly efs: (account: AccountRef) => AwsClient<EFSClient>;
  readonly fsx: (account: AccountRef) => AwsClient<FSxClient>;
  readonly logs: (account: AccountRef) => AwsClient<CloudWatchLogsClient>;
  /** The same endpoint and timeouts with other credentials, for example to try out a key that was just made. */
  readonly as: (credentials: Credentials) => Aws;
}

export interface AwsOptions {
  /** One endpoint for all services: the sandbox. Default: AWS itself. */
  readonly endpoint?: string | undefined;
  /** Eyrie's own credentials. Default: the SDK's chain. */
  readonly credentials?: CredentialProvider | undefined;
  /** Default 3,000. */
  readonly connectTimeoutMs?: number;
  /** Until the answer has arrived; default 20,000, under the 30 s that an activity has. */
  readonly requestTimeoutMs?: number;
  /** Keeps writes under the rates of an account. Default: none. */
  readonly governor?: Governor | undefined;
  /** Told of each call when it is over. Default: nobody is. */
  readonly onCall?: ((call: AwsCall) => void) | undefined;
  /** Whose the credentials are, in words, for whoever reads that they were refused. Default: Eyrie's own. */
  readonly whose?: string;
}

/** One call to AWS, for who counts them. */
export interface AwsCall {
  readonly service: string;
  readonly operation: string;
  /** `ok`, or the code of its failure. */
  readonly outcome: 'ok' | FailureCode;
  readonly seconds: number;
}

const REQUEST_TIMEOUT_MS = 20_000;

/** More accounts than a deployment has; the bound keeps a long-lived worker from growing. */
const ACCOUNTS_MAX = 500;

const READ = /^(Describe|Get|List|Head|Search|Lookup)/;

/** Does the operation change nothing? */
export const isRead = (operation: string): boolean => READ.test(operation);

/** The parts of every SDK client's configuration that are set here. */
interface ClientConfig {
  readonly region: string;
  readonly credentials: CredentialProvider;
  readonly requestHandler: NodeHttpHandler;
  readonly maxAttempts: number;
  readonly endpoint?: string;
}

export interface SdkCommand {
  readonly constructor: { readonly name: string };
  readonly input: unknown;
}

/** As AWS calls it. */
export const operationOf = (command: SdkCommand): string => command.constructor.name.replace(/Command$/, '');

interface SdkClient {
  send(command: never, options?: { abortSignal?: AbortSignal }): Promise<unknown>;
}

/** Everything that belongs to one account, region and role. */
interface Access {
  readonly config: Omit<ClientConfig, 'maxAttempts'>;
  readonly forget: () => void;
  readonly clients: Map<string, unknown>;
  /** Waits for a write's turn. */
  readonly admit: (service: string, operation: string) => Promise<void>;
  /** A write was throttled. */
  readonly throttled: (service: string, operation: string) => void;
  readonly onCall: (call: AwsCall) => void;
  /** Whose credentials they are, in words. */
  readonly whose: string;
}

export const createAws = (options: AwsOptions = {}): Aws => {
  const requestHandler = new NodeHttpHandler({
    connectionTimeout: options.connectTimeoutMs ?? 3_000,
    requestTimeout: options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS,
    // Without this the handler only warns and goes on waiting.
    throwOnRequestTimeout: true,
  });
  return createWith(options, requestHandler);
};

/** The SDK takes credentials for expired five minutes early; ours are new by then. */
const NEEDED_MS = 5 * 60_000;

const sourceOf = (provider: CredentialProvider): CredentialSource =>
  createCredentialSource(provider, { now: Date.now, neededMs: NEEDED_MS });

const createWith = (options: AwsOptions, requestHandler: NodeHttpHandler): Aws => {
  const own = sourceOf(options.credentials ?? defaultChain);
  const accesses = new LRUCache<string, Access>({ max: ACCOUNTS_MAX });
  const endpoint = options.endpoint === undefined ? {} : { endpoint: options.endpoint };
  const { governor, requestTimeoutMs = REQUEST_TIMEOUT_MS } = options;

  const accessTo = (account: AccountRef): Access => {
    const key = JSON.stringify([account.accountId, account.region, account.roleArn, account.externalId]);
    const known = accesses.get(key);
    if (known) return known;
    const at = { region: account.region, requestHandler, ...endpoint };
    const role =
      account.roleArn === null
        ? own
        : sourceOf(
            assumedRole(new STSClient({ ...at, credentials: async () => own.current(), maxAttempts: 2 }), {
              roleArn: account.roleArn,
              externalId: account.externalId,
            }),
          );
    const access: Access = {
      config: { ...at, credentials: async () => role.current() },
      clients: new Map(),
      onCall: options.onCall ?? (() => undefined),
      whose: account.roleArn === null ? (options.whose ?? "Eyrie's own credentials") : `the role ${account.roleArn}`,
      admit: async (name, operation) => {
        await governor?.admit(laneOf(name, operation, account), patienceOf(requestTimeoutMs));
      },
      throttled: (name, operation) => governor?.throttled(laneOf(name, operation, account)),
      forget: () => {
        role.forget();
        own.forget();
        accesses.delete(key);
      },
    };
    accesses.set(key, access);
    return access;
  };

  const service =
    <Client extends SdkClient>(name: string, create: (config: ClientConfig) => Client) =>
    (account: AccountRef): AwsClient<Client> => {
      const access = accessTo(account);
      const known = access.clients.get(name);
      if (known !== undefined) return known as AwsClient<Client>;
      const client = classifying(name, access, create);
      access.clients.set(name, client);
      return client;
    };

  return {
    ec2: service('ec2', (config) => new EC2Client(config)),
    batch: service('batch', (config) => new BatchClient(config)),
    iam: service('iam', (config) => new IAMClient(config)),
    s3: service('s3', (config) => new S3Client({ ...config, forcePathStyle: options.endpoint !== undefined })),
    kms: service('kms', (config) => new KMSClient(config)),
    sts: service('sts', (config) => new STSClient(config)),
    ssm: service('ssm', (config) => new SSMClient(config)),
    imagebuilder: service('imagebuilder', (config) => new ImagebuilderClient(config)),
    quotas: service('servicequotas', (config) => new ServiceQuotasClient(config)),
    efs: service('elasticfilesystem', (config) => new EFSClient(config)),
    fsx: service('fsx', (config) => new FSxClient(config)),
    logs: service('logs', (config) => new CloudWatchLogsClient(config)),
    as: (credentials) =>
      createWith(
        { ...options, credentials: async () => credentials, whose: 'the key that is being tried' },
        requestHandler,
      ),
  };
};

const classifying = <Client extends SdkClient>(
  service: string,
  access: Access,
  create: (config: ClientConfig) => Client,
): AwsClient<Client> => {
  const reads = create({ ...access.config, maxAttempts: 2 });
  const writes = create({ ...access.config, maxAttempts: 1 });
  const send = async (command: SdkCommand): Promise<unknown> => {
    const operation = operationOf(command);
    const read = isRead(operation);
    // A cancelled activity stops reading at once. A write goes on: cut off, its outcome would be unknown.
    const signal = read ? asyncLocalStorage.getStore()?.cancellationSignal : undefined;
    if (!read) await access.admit(service, operation);
    const startedAt = performance.now();
    const call = `${service}:${operation}`;
    const resource = resourceOf(command.input);
    const answered = noteUnderWay({ call, resource, since: new Date().toISOString() });
    const over = (outcome: AwsCall['outcome']): void =>
      access.onCall({ service, operation, outcome, seconds: (performance.now() - startedAt) / 1000 });
    try {
      const answer = await (read ? reads : writes).send(command as never, signal ? { abortSignal: signal } : {});
      if (!read) noteWrite(service);
      over('ok');
      return answer;
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      const failure = classify(error, { operation: call, resource, whose: access.whose, write: !read });
      over(codeOf(failure));
      if (!read && factsOf(failure).outcomeUnknown) noteWrite(service);
      if (!read && codeOf(failure) === 'Throttled') access.throttled(service, operation);
      // Those of a role that was made anew are refused for as long as they live.
      if (EXPIRED_CODES.has(factsOf(failure).awsCode ?? '') || codeOf(failure) === 'Denied') access.forget();
      throw await explainDenial(failure, () => new STSClient({ ...access.config, maxAttempts: 1 }));
    } finally {
      answered();
    }
  };
  // The SDK's overloads with callbacks are left out: nothing here calls them.
  return { send } as unknown as AwsClient<Client>;
};
