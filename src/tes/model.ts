/**
 * A task as the Task Execution Service of GA4GH has it, version 1.1; only what Eyrie looks at is named.
 * @see https://github.com/ga4gh/task-execution-schemas
 */

export const TES_STATES = [
  'UNKNOWN',
  'QUEUED',
  'INITIALIZING',
  'RUNNING',
  'PAUSED',
  'COMPLETE',
  'EXECUTOR_ERROR',
  'SYSTEM_ERROR',
  'CANCELED',
  'PREEMPTED',
  'CANCELING',
] as const;

export type TesState = (typeof TES_STATES)[number];

/** A task in one of these needs nothing any more. */
export const ENDED_STATES: ReadonlySet<unknown> = new Set<TesState>([
  'COMPLETE',
  'EXECUTOR_ERROR',
  'SYSTEM_ERROR',
  'CANCELED',
  'PREEMPTED',
]);

/** `MINIMAL`: id and state. `BASIC`: all but what is large. `FULL`: all. */
export const TES_VIEWS = ['MINIMAL', 'BASIC', 'FULL'] as const;

export type TesView = (typeof TES_VIEWS)[number];

export type TesTags = Readonly<Record<string, string>>;

export interface TesFile {
  readonly [field: string]: unknown;
  readonly url?: string | undefined;
  readonly path?: string | undefined;
  readonly type?: string | undefined;
}

/** What a caller wants to have run. */
export interface TesTaskRequest {
  readonly [field: string]: unknown;
  readonly executors: readonly { readonly [field: string]: unknown; readonly image?: string | undefined }[];
  readonly inputs?: readonly TesFile[] | undefined;
  readonly outputs?: readonly TesFile[] | undefined;
  readonly tags?: TesTags | undefined;
}

/** A task as a TES server tells of it: nothing of it is certain but that it is an object with an id. */
export interface TesTask {
  readonly [field: string]: unknown;
  readonly id: string;
}

export interface TesTaskPage {
  readonly tasks: readonly TesTask[];
  /** Undefined: it is the last one. */
  readonly nextPageToken: string | undefined;
}

export type JsonObject = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The tags of a task that some server tells of; what is no text is none. */
export const tagsOf = ({ tags }: TesTask): TesTags =>
  isObject(tags)
    ? Object.fromEntries(
        Object.entries(tags).flatMap(([key, value]) => (typeof value === 'string' ? [[key, value]] : [])),
      )
    : {};
