/** What KMS offers to the services that encrypt. */
import type { KeyMetadata } from '@aws-sdk/client-kms';
import { contract } from '../../core/contract.ts';

export interface Kms {
  /** The ARN of a key named by id, ARN, alias or alias ARN; undefined when there is none. */
  keyArn(account: string, region: string, named: string): Promise<string | undefined>;
  /** What KMS knows of a key; undefined when there is none. */
  findKey(account: string, region: string, named: string): Promise<KeyMetadata | undefined>;
}

export const KMS = contract<Kms>('kms');
