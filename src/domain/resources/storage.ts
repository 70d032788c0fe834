/** Buckets and the keys that encrypt them. */
import type { ResourceSpec, SharedSpec, Spec } from './spec.ts';

interface KeyParts {
  /** `alias/…`: the key is found by it. */
  readonly name: string;
  readonly description: string;
}

/** All owners of an environment share it, or it is one owner's. */
export type KmsKeySpec = (SharedSpec | ResourceSpec) & KeyParts;

/** Of one owner: it goes with what it encrypts. */
export type OwnKmsKeySpec = ResourceSpec & KeyParts;

export interface BucketSpec extends SharedSpec {
  /** Objects expire after so many. */
  readonly expirationDays: number;
  /** JSON text with `{{kmsKeyArn}}` for the ARN of its key. */
  readonly policy: string;
}

/** A bucket that one owner has for itself. What others have set up there beside it stays. */
export interface OwnBucketSpec extends ResourceSpec {
  /** Objects expire after so many. */
  readonly expirationDays: number;
  /** Earlier versions of objects go after so many. */
  readonly nonCurrentDays: number;
  /** Uploads that nobody completed go after so many. */
  readonly abortUploadsDays: number;
  /** On where true; left as it is where false. */
  readonly versioning: boolean;
  /** Whether objects are encrypted with the bucket's own key unless an upload says otherwise. */
  readonly encrypted: boolean;
  /** Statements of ours, JSON text with `{{kmsKeyArn}}` for the ARN of its key. */
  readonly policy: string;
  /** Names (`Sid`) of all statements that are or were ours. */
  readonly policySids: readonly string[];
  /** Origins whose pages may call the bucket from a browser; none: the rule goes. */
  readonly corsOrigins: readonly string[];
}

/** What is asked for the key of a bucket: its own, and the one that it had while encryption was on. */
export interface BucketKey {
  /** Null: off. */
  readonly arn: string | null;
  readonly formerArn: string | null;
}

/** A bucket whose objects are to go. */
export interface BucketContents extends Spec {
  readonly name: string;
}
