/** What the pass-through needs of the rest of Eyrie. */
import type { Grant } from '#s3/identity/principal.ts';
import type { TesCaller } from './access.ts';

/** A request that is made once, whoever repeats it. */
export interface RequestMarker {
  /** SHA-256 of what was asked for. */
  readonly fingerprint: string;
  /** Null: it is not known yet. */
  readonly taskId: string | null;
  /** Milliseconds since 1970: until then whoever holds it may still be at work. */
  readonly heldUntil: number;
}

export interface StoredMarker {
  readonly marker: RequestMarker;
  readonly etag: string;
}

/** Markers in the control bucket. `false`: another process was faster. */
export interface TaskRequests {
  read(userId: string, requestId: string): Promise<StoredMarker | undefined>;
  create(userId: string, requestId: string, marker: RequestMarker): Promise<boolean>;
  replace(userId: string, requestId: string, marker: RequestMarker, etag: string): Promise<boolean>;
  put(userId: string, requestId: string, marker: RequestMarker): Promise<void>;
  remove(userId: string, requestId: string): Promise<void>;
}

export interface KeyPair {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** The system keys of users, which are rotated. */
export interface SystemKeys {
  /** Undefined: there is none yet. */
  newestForwardable(userId: string): Promise<KeyPair | undefined>;
  /** A task is given this key, which is kept for as long as it runs. Safe to repeat. `handedOut`: it has it already. */
  lease(lease: {
    readonly userId: string;
    readonly accessKeyId: string;
    readonly task: string;
    readonly handedOut?: true;
  }): Promise<void>;
  /** The task needs its key no more. One that is not known is success. */
  release(userId: string, task: string): Promise<void>;
}

export interface TaskSession extends KeyPair {
  readonly sessionToken: string;
}

/** A session of the S3 endpoint for what a task names. @throws TesProblem */
export type MintTaskSession = (caller: TesCaller, grants: readonly Grant[]) => Promise<TaskSession>;
