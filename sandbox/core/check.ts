/** What a call stands for in IAM's words, and what the caller's policies say to it. */

export interface Check {
  /** For example `s3:GetObject`. */
  readonly action: string;
  /** An ARN, or `*`. */
  readonly resource: string;
  /** Condition keys besides those that every request has. */
  readonly context?: Readonly<Record<string, string | string[]>>;
  /** Enough as well. */
  readonly or?: Check;
}

/** Which kind of policy said no, or failed to say yes. */
export type DeniedBy = 'identity' | 'resource' | 'session' | 'pb' | 'scp';

export type Verdict =
  | { readonly allowed: true }
  | { readonly allowed: false; readonly explicit: boolean; readonly by: DeniedBy };

/** A check that failed. */
export interface Refused {
  readonly action: string;
  readonly resource: string;
  readonly verdict: Extract<Verdict, { allowed: false }>;
}

/** `text`: who is not allowed what, and by which kind of policy. */
export interface Denial extends Refused {
  readonly text: string;
}

export interface NamedPolicy {
  readonly name: string;
  readonly policy: unknown;
}

/** Who owns a resource, and the policy that hangs on it. */
export interface ResourceOwner {
  readonly account: string;
  readonly policy?: unknown;
  /** Whether the policy counts for the root of its own account, too. Default: no. */
  readonly bindsRoot?: boolean;
}
