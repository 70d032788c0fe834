/** What a sweep reads of records, whatever their kind. */
import type { AccountRef } from '../core/account.ts';
import type { Leftover } from '../core/failures.ts';
import type { OperationView } from '../core/operation.ts';
import type { Made } from '../core/ownership.ts';
import type { AnyRecord, NamingRecord } from '../core/record.ts';

/** Each kind pins its input under a name of its own. */
interface Pinned {
  readonly workspace?: { readonly account: AccountRef };
  readonly storage?: { readonly account: AccountRef };
  readonly compute?: { readonly account: AccountRef };
  readonly holder?: { readonly account: AccountRef };
}

/** Those of key holders have neither a phase nor resources. */
export interface SweptRecord extends AnyRecord, Pinned, Partial<Pick<NamingRecord, 'phase' | 'key'>> {
  readonly operation?: OperationView | null;
  readonly resources?: readonly Made[];
  readonly leftovers?: readonly Leftover[];
  readonly keys?: readonly { readonly id: string }[];
  /** Its users see it no more: it was removed by force. */
  readonly hidden?: boolean;
  readonly updatedAt: string;
}

/** Undefined of a record that names none. */
export const accountOf = ({ workspace, storage, compute, holder }: SweptRecord): AccountRef | undefined =>
  (workspace ?? storage ?? compute ?? holder)?.account;

/** Phases after which nothing is there. What was kept on purpose is there. */
const ENDED: ReadonlySet<string | undefined> = new Set(['disposed', 'deleted', 'failed-clean']);

export const hasEnded = ({ phase }: SweptRecord): boolean => ENDED.has(phase);

/** Phases in which all that the record lists is to be there. */
const UP: ReadonlySet<string | undefined> = new Set(['running', 'ready', 'available', 'disabled', 'degraded']);

export const isUp = ({ phase }: SweptRecord): boolean => UP.has(phase);

export const keysIn = ({ key, keys = [] }: SweptRecord): string[] =>
  [...(key ? [key] : []), ...keys].map(({ id }) => id);
