/** How far the emptying of a bucket has come. JSON: it goes into heartbeats, results and views. */

/** Where the list of versions goes on. */
export interface VersionMarker {
  readonly key: string;
  /** Null at a key's first version. */
  readonly version: string | null;
}

/** A version that S3 keeps. */
export interface Refused {
  readonly key: string;
  readonly version: string | null;
  /** S3's code and text. */
  readonly why: string;
}

export interface EmptyingState {
  /** Versions and delete markers that went so far. Those of the last second before a crash may be uncounted. */
  readonly removed: number;
  /** Unfinished uploads that went so far. */
  readonly uploads: number;
  /** How often the list was gone through from its start. */
  readonly pass: number;
  /** All before it is gone, or refused. Null: at the start. */
  readonly at: VersionMarker | null;
  /** How many this pass found that S3 keeps. */
  readonly refusedCount: number;
  /** The first of them. */
  readonly refused: readonly Refused[];
  readonly done: boolean;
}

export const EMPTYING_BEGINS: EmptyingState = {
  removed: 0,
  uploads: 0,
  pass: 1,
  at: null,
  refusedCount: 0,
  refused: [],
  done: false,
};

/** What a run knows that goes on with an emptying. */
export interface EmptyingSoFar {
  readonly state: EmptyingState;
  /** Of the next slice. */
  readonly forMs: number;
  /** ISO time at which the first run began. */
  readonly startedAt: string;
}

/** As the API shows it. */
export interface EmptyingView {
  /** Objects (versions and delete markers) removed so far. */
  readonly removed: number;
  readonly uploads: number;
  /** Objects a second, since it began. */
  readonly perSecond: number;
  readonly startedAt: string;
  readonly updatedAt: string;
}

export const emptyingView = (
  { removed, uploads }: Pick<EmptyingState, 'removed' | 'uploads'>,
  { startedAt, updatedAt }: { readonly startedAt: string; readonly updatedAt: string },
): EmptyingView => {
  const seconds = (Date.parse(updatedAt) - Date.parse(startedAt)) / 1000;
  return { removed, uploads, perSecond: seconds > 0 ? Math.round(removed / seconds) : 0, startedAt, updatedAt };
};
