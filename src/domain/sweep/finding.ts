/** What a sweep sees, and what it makes of it. Times are ISO 8601 UTC; what is not there is null, never absent. */
import type { Tags } from '../core/ownership.ts';
import type { SweptType } from './types.ts';

/** Something that stands in an account. */
export interface Thing {
  readonly type: SweptType;
  /** By which AWS finds it again: an id, an ARN or a name. */
  readonly id: string;
  readonly name: string | null;
  /** Of an access key: its user's. */
  readonly tags: Tags;
  /** Null where AWS does not say. */
  readonly createdAt: string | null;
  /** Of what is of use only while it is attached: it is attached to nothing. */
  readonly loose: boolean;
  /** Why nobody may take it, whosever it is, in words: `it encrypts the bucket b`. */
  readonly needed: string | null;
}

export const SWEEP_KINDS = [
  /** It is of a subject of which there is no record. */
  'no-record',
  /** It is of a subject whose record says that all is gone. */
  'record-ended',
  /** It is of use only while it is attached, and is not. */
  'unattached',
  /** A KMS key that no alias leads to. */
  'unaliased',
  /** An access key of a user of ours that no record names. */
  'unknown-key',
  /** It carries a part of our tags. */
  'half-marked',
  /** It is called as ours are, and carries no tag of ours. */
  'by-name',
  /** A record says that it is there, and AWS does not show it. */
  'missing',
  /** A removal that nobody goes on with. */
  'unfinished',
  /** A place in a quota that nobody needs. */
  'place',
  /** A secret of somebody of whom there is no record. */
  'secret',
  /** What could not be looked at. */
  'unseen',
] as const;

export type SweepKind = (typeof SWEEP_KINDS)[number];

export interface Finding {
  readonly kind: SweepKind;
  /** CloudFormation's name; of what is Eyrie's own, for example `Eyrie::Place`. */
  readonly type: string;
  readonly id: string;
  readonly name: string | null;
  readonly account: string;
  readonly region: string;
  /** `<kind>/<H>/<name>`; null where nothing says. */
  readonly owner: string | null;
  /** Those of ours that it carries. */
  readonly tags: Tags;
  /** Since when it has been there, or as far as is known, left over. */
  readonly since: string;
  readonly why: string;
  /** `remove`: a sweep that may take things takes it. */
  readonly action: 'remove' | 'report';
  /** What to do about it by hand. */
  readonly command: string;
  /** What became of it in this sweep; null: nothing was done. */
  readonly outcome: string | null;
}
