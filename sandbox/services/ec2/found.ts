/** A resource on its way into the inventory: `type` without the `AWS::EC2::` before it. */
import type { Tag } from '@aws-sdk/client-ec2';
import type { Params } from './state.ts';

export interface Found {
  readonly type: string;
  readonly id: string | undefined;
  readonly tags?: Tag[] | undefined;
  readonly name?: string | undefined;
  readonly state?: string | undefined;
  readonly details: Params;
}
