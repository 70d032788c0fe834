/**
 * The vocabulary of the strict layer: a call as it arrived, the answer it gets, and the rules in between.
 * One file per AWS service exports a `ServiceModule`; the layer looks a rule up by operation and runs it. An operation
 * without a rule goes to moto as it is.
 */
import type { z } from 'zod';
import type { Aws } from '../moto/clients.ts';
import type { Keyring } from './keyring.ts';
import type { Worlds } from './worlds.ts';

/** Who signed the request. `root` is a 12-digit access key id; the others were issued by IAM or STS of the sandbox. */
export type Caller =
  | { readonly kind: 'root'; readonly account: string; readonly arn: string }
  | { readonly kind: 'user'; readonly account: string; readonly arn: string; readonly userName: string }
  | {
      readonly kind: 'role';
      readonly account: string;
      /** arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION */
      readonly arn: string;
      readonly roleName: string;
      readonly sessionName: string;
    };

export interface Call {
  /** Sequence number in the journal. */
  readonly seq: number;
  /** The SDK's service name: batch, ec2, iam, sts, s3, kms, ssm, imagebuilder, servicequotas … */
  readonly service: string;
  /** The API's operation name, for example `CreateComputeEnvironment`. */
  readonly operation: string;
  /** The account that is acted upon: that of the caller. */
  readonly account: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly caller: Caller;
  /**
   * The request, decoded to the API's member names (those of the SDK: `Filters`, `VpcIds`) whatever the protocol:
   * nested objects and arrays, scalars as strings (query, EC2) or as JSON gave them. S3: { Bucket, Key, … } plus query
   * and header members and XML payloads; object contents stay in `request`.
   */
  readonly params: Record<string, unknown>;
  readonly request: {
    readonly method: string;
    /** Raw path and query string as they stood on the wire. */
    readonly path: string;
    readonly query: string;
    /** Lower-case names. */
    readonly headers: Record<string, string>;
    readonly body: Buffer;
  };
}

export interface Answer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Buffer;
}

/**
 * Refuses (throws AwsError), answers by itself (`world.answer`), or asks moto (`forward`) and perhaps amends what it said.
 * `forward({ params })` writes the changed parameters back into the request; `forward({ request })` replaces it.
 */
export type Rule = (call: Call, forward: (changed?: Partial<Call>) => Promise<Answer>) => Promise<Answer>;

/** Serialised by the layer in the protocol of the call's service (XML of query, EC2 or S3; JSON). */
export class AwsError extends Error {
  readonly code: string;
  readonly status: number;
  readonly extra: Record<string, string>;
  constructor(code: string, message: string, status = 400, extra: Record<string, string> = {}) {
    super(message);
    this.name = 'AwsError';
    this.code = code;
    this.status = status;
    this.extra = extra;
  }
}

export interface Quotas {
  vpcs: number;
  queues: number;
  computeEnvironments: number;
  gatewayEndpoints: number;
}

/** `type` in CloudFormation's names. No times and no counters, so that two inventories compare. */
export interface InventoryItem {
  readonly type: string;
  readonly id: string;
  readonly name: string | null;
  readonly region: string;
  readonly state: string | null;
  readonly tags: Record<string, string>;
  readonly details: Record<string, unknown>;
}

/** What a rule may know of the rest of the sandbox. */
export interface World {
  /** SDK clients that talk to moto directly, as root of the account: no signature check, faults, journal or delay. */
  moto(account: string, region: string): Aws;
  /** Milliseconds since the epoch. */
  now(): number;
  /**
   * An AWS-like delay in ms, scaled: 0 at scale 0. `jitter` in 0..1 spreads it by the seeded generator. The scale is
   * that of `account`, by default the account of the call that is being answered.
   */
  delay(ms: number, jitter?: number, account?: string): number;
  /** The access keys that may sign requests: IAM and STS record theirs here. */
  readonly keyring: Keyring;
  quotas(account: string): Quotas;
  /** How AWS behaves where nobody knows: per account. */
  worlds(account: string): Worlds;
  /** Answer in the protocol of the call's service: JSON services take the object; query and EC2 wrap it in XML. */
  answer(call: Call, result: Record<string, unknown>): Answer;
  /** The decoded result of an answer of moto, in the API's member names (XML lists as arrays). */
  decode(call: Call, answer: Answer): Record<string, unknown>;
  /** Other modules, for rules that cross services (Batch asks IAM whether a role can be assumed yet). */
  module<T extends ServiceModule>(service: string): T;
  /** Every account that has been seen. */
  accounts(): readonly string[];
}

export interface ServiceModule {
  readonly service: string;
  readonly rules: Readonly<Record<string, Rule>>;
  /** Everything of this service that exists in the account, over all regions that were used. */
  inventory?(account: string): Promise<InventoryItem[]>;
  /** Admin routes of this service below /_sandbox/accounts/{id}/…, for example `POST images`. */
  readonly admin?: Readonly<Record<string, AdminRoute>>;
}

export interface AdminRoute {
  /** What its body looks like: another one is refused before `seed` sees it. */
  readonly body: z.ZodType;
  seed(account: string, body: unknown): Promise<unknown>;
}

export const adminRoute = <Body>(
  body: z.ZodType<Body>,
  seed: (account: string, body: Body) => Promise<unknown>,
): AdminRoute => ({ body, seed: (account, given) => seed(account, given as Body) });

export type CreateModule = (world: World) => ServiceModule;
