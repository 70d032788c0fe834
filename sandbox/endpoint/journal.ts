/** One line per call that arrived, in their order. */

export interface JournalEntry {
  readonly seq: number;
  /** ISO 8601 UTC. */
  readonly time: string;
  /** null where the signature did not tell. */
  readonly account: string | null;
  readonly region: string | null;
  readonly service: string;
  readonly operation: string;
  /** Whether the operation can change anything. */
  readonly mutating: boolean;
  /** The main resource that the request names, if any. */
  readonly resource: string | null;
  readonly accessKeyId: string | null;
  /** null while the call runs, and where nothing was answered. */
  readonly status: number | null;
  readonly errorCode: string | null;
  /** The kind of fault that hit it. */
  readonly fault: string | null;
}

export type Arrival = Pick<JournalEntry, 'account' | 'region' | 'service' | 'operation' | 'resource' | 'accessKeyId'>;

export interface Journal {
  /** Takes the call down as it arrives; its end is noted later. */
  open(arrival: Arrival): number;
  note(seq: number, end: Partial<JournalEntry>): void;
  list(account: string | undefined, after: number): JournalEntry[];
}

/** A day of hard work fits; older entries go first, so that a sandbox left running does not grow for ever. */
const ENTRIES_MAX = 200_000;

const READS =
  /^(Describe|Get|List|Head|Search|Simulate|Decode|Lookup|Query|Scan|Filter|AssumeRole|Select|Generate|Encrypt|Decrypt|Verify)/;

const isMutating = (operation: string): boolean => !READS.test(operation);

export const createJournal = (now: () => number): Journal => {
  const entries: JournalEntry[] = [];
  let first = 1;
  return {
    open(arrival) {
      const seq = first + entries.length;
      const time = new Date(now()).toISOString();
      const mutating = isMutating(arrival.operation);
      entries.push({ seq, time, ...arrival, mutating, status: null, errorCode: null, fault: null });
      if (entries.length > ENTRIES_MAX) {
        entries.splice(0, ENTRIES_MAX / 10);
        first += ENTRIES_MAX / 10;
      }
      return seq;
    },
    note(seq, end) {
      const known = entries[seq - first];
      if (known) entries[seq - first] = { ...known, ...end };
    },
    list: (account, after) =>
      entries.slice(Math.max(0, after - first + 1)).filter((entry) => !account || entry.account === account),
  };
};
