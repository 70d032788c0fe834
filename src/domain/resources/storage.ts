/** Buckets and the keys that encrypt them. */
import type { SharedSpec } from './spec.ts';

export interface KmsKeySpec extends SharedSpec {
  /** `alias/…`: the key is found by it. */
  readonly name: string;
  readonly description: string;
}

export interface BucketSpec extends SharedSpec {
  /** Objects expire after so many. */
  readonly expirationDays: number;
  /** JSON text with `{{kmsKeyArn}}` for the ARN of its key. */
  readonly policy: string;
}
