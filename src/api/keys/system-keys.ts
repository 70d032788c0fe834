/**
 * System keys as the TES pass-through takes them: which key a task is given, and which tasks have been given one.
 *
 * A lease is written before its key leaves Eyrie, so that a key in the hands of a task is never taken for unused. A task
 * that has no name yet leases under one of the caller's own, and again under its own once it has that.
 */

/** A secret: never in a log, an error, a record or a task. */
export interface ForwardedKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** ISO time until which it works at least: half of a key's lifetime away, or more. */
  readonly expiresAt: string;
}

export interface Lease {
  /** `sub` of the token. */
  readonly userId: string;
  readonly accessKeyId: string;
  /** Id of the task at the TES server, or any other unique text. */
  readonly task: string;
}

export interface SystemKeys {
  /**
   * The newest key of this user's that is proved to work. Where there is none, or it has less than half of its life left,
   * one is made first, which takes seconds. Undefined where system keys are switched off.
   * @throws Invalid for a user id that can't have one; Unavailable where none can be made now.
   */
  newestForwardable(userId: string): Promise<ForwardedKey | undefined>;
  /** Again with the same task is success. @throws Unavailable */
  lease(lease: Lease): Promise<void>;
  /** The task has ended, or was never made. One that is not known is success. @throws Unavailable */
  release(userId: string, task: string): Promise<void>;
}
