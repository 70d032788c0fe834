/** What an activity waits for, as its heartbeats tell it. */
export interface CallUnderWay {
  /** `service:Operation`, for example `batch:CreateJobQueue`. */
  readonly call: string;
  /** What it is about; null where that has no name yet. */
  readonly resource: string | null;
  /** ISO time. */
  readonly since: string;
}

/** Other beats tell how far something has come. */
export const isCallUnderWay = (beat: unknown): beat is CallUnderWay =>
  typeof (beat as Partial<CallUnderWay> | null | undefined)?.call === 'string';

/** `batch:CreateJobQueue of q-1` */
export const renderCall = ({ call, resource }: Pick<CallUnderWay, 'call' | 'resource'>): string =>
  resource === null ? call : `${call} of ${resource}`;
