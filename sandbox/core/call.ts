/**
 * A call as it arrived, the answer it gets, and the rule in between. A rule is looked up by service and operation; an
 * operation without one goes to moto as it is.
 */

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
 * Asks moto. `forward({ params })` writes the changed parameters back into the request; `forward({ request })` replaces
 * it.
 */
export type Forward = (changed?: Partial<Call>) => Promise<Answer>;

/** Refuses (throws AwsError), answers by itself (`world.answer`), or asks moto and perhaps amends what it said. */
export type Rule = (call: Call, forward: Forward) => Promise<Answer>;
