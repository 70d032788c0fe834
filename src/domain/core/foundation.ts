/** What all owners of an environment share in an account: made by whoever comes first, and never undone. */
import type { InstanceProfileSpec } from '../resources/identity.ts';
import type { BucketSpec, KmsKeySpec } from '../resources/storage.ts';
import type { AccountRef } from './account.ts';
import type { Made } from './ownership.ts';
import type { Timing } from './timing.ts';

export interface FoundationSpec {
  readonly account: AccountRef;
  readonly environment: string;
  readonly instanceProfile: InstanceProfileSpec;
  readonly kmsKey: KmsKeySpec;
  readonly bucket: BucketSpec;
  readonly timing: Timing;
}

export interface Foundation {
  readonly instanceProfileArn: string;
  readonly kmsKeyArn: string;
  readonly bucket: string;
  readonly made: readonly Made[];
}
