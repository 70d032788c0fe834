/** A number that an account can be given: `PUT /_sandbox/accounts/{id}/quotas {NAME: VALUE}`. */
export interface Limit {
  readonly name: string;
  /** For an account that was given none. */
  readonly initial: number;
}

/** A limit as Service Quotas shows it. */
export interface Quota {
  /** `L-` and eight digits. */
  readonly code: string;
  readonly name: string;
  /** The code that Service Quotas knows the service by: EC2's limits of networks are those of `vpc`. */
  readonly serviceCode: string;
  readonly serviceName: string;
  /** Whether AWS raises it on request. */
  readonly adjustable: boolean;
  /** What AWS gives every account. */
  readonly initial: number;
  /** What this account has. Default: `initial`. */
  readonly applied?: (account: string) => number;
}
