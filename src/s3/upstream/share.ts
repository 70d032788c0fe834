/** What one user has of the pool, kept with the user rather than looked up for each request. */

/** A call that has no connection yet. */
export interface Waiter {
  readonly share: Share;
  /** Milliseconds by the pool's clock, after which it is told to come again later. */
  readonly waitsUntil: number;
}

export interface Share {
  /** Connections that carry a request of the user. */
  held: number;
  /** In the order in which they came. */
  readonly waiting: Waiter[];
}

export const newShare = (): Share => ({ held: 0, waiting: [] });

/**
 * May the user have one more? Always a first one; then as long as they hold less than half of what is free. One user alone
 * comes to a third of the pool, two to a quarter each, ten to a twelfth: whatever they do, a newcomer finds a connection.
 */
export const mayTake = (held: number, free: number): boolean => free > 0 && (held === 0 || held * 2 < free);
