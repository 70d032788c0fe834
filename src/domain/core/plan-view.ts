/** What an operation would do, before anything is made: for `plan` of any kind. */
import type { SlotVerdict } from './slots.ts';

export interface PlannedThing {
  /** CloudFormation's name, for example `AWS::Batch::JobQueue`. */
  readonly type: string;
  readonly name: string;
}

export interface PlannedStep {
  readonly name: string;
  /** Empty where it only looks, reserves or records. */
  readonly makes: readonly PlannedThing[];
}

/** An IAM document as it will be written. */
export interface PlannedDocument {
  /** Of the policy or role. */
  readonly name: string;
  readonly kind: 'permissions' | 'trust';
  readonly document: unknown;
}

/** What is paid while nothing runs. */
export interface StandingCost {
  readonly currency: 'USD';
  /** Of 730 hours; null where a price is not known. */
  readonly perMonth: number | null;
  readonly items: readonly { readonly what: string; readonly perMonth: number | null }[];
  /** Where and when the prices are from. */
  readonly prices: string;
}

/** Null: there was no answer in time, so it is not known. */
export interface QuotaView {
  readonly fits: boolean | null;
  readonly places: readonly SlotVerdict[];
}
